package org.kimi4j.langchain4j;

import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import java.util.List;
import org.kimi4j.GenerateOptions;
import org.kimi4j.KimiModel;
import org.kimi4j.ReplyStream;
import org.kimi4j.chat.ChatMessage;
import org.kimi4j.chat.ToolSpec;

/** An opened model and how it is asked. Immutable; closing the model is the business of whoever opened it. */
record ModelAccess(
        KimiModel model, KimiChatRequestParameters defaults, boolean strictTools, List<ChatModelListener> listeners) {

    /** A request in Kimi's words. */
    record Prepared(List<ChatMessage> messages, List<ToolSpec> tools, GenerateOptions options) {}

    String modelName() {
        return String.valueOf(defaults.modelName());
    }

    /**
     * Checks and translates a request. Does not render, decode or wait.
     *
     * @throws dev.langchain4j.exception.UnsupportedFeatureException with the name of what is not supported
     */
    Prepared prepare(ChatRequest request) {
        try {
            KimiChatRequestParameters parameters = parameters(request.parameters());
            if (!modelName().equals(parameters.modelName())) {
                throw unsupportedName(modelName(), String.valueOf(parameters.modelName()));
            }
            GenerateOptions options = ParameterMapping.options(parameters);
            if (options.caller().isEmpty()) {
                // The reply may be read by another thread than the one that asks.
                String caller = "thread " + Thread.currentThread().threadId();
                options = options.with(o -> o.caller(caller));
            }
            return new Prepared(
                    request.messages().stream().map(MessageMapping::of).toList(),
                    ParameterMapping.tools(parameters, strictTools),
                    options);
        } catch (RuntimeException e) {
            throw Failures.of(e);
        }
    }

    private KimiChatRequestParameters parameters(ChatRequestParameters parameters) {
        return parameters instanceof KimiChatRequestParameters kimi ? kimi : defaults.overrideWith(parameters);
    }

    static RuntimeException unsupportedName(String expected, String found) {
        return Failures.unsupported(
                "the 'modelName' parameter is",
                "it answers as " + expected + " alone, found " + found + "; open another model for another name");
    }

    ReplyStream open(Prepared request) {
        return model.open(request.messages, request.tools, request.options);
    }
}
