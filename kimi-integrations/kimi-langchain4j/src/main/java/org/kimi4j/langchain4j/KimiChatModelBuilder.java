package org.kimi4j.langchain4j;

import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.kimi4j.Kimi;
import org.kimi4j.KimiModel;
import org.kimi4j.error.UnsupportedOptionException;

/**
 * Puts a chat model together; for one thread.
 *
 * @param <M> what is built
 */
public final class KimiChatModelBuilder<M> {

    private final Function<ModelAccess, M> result;
    private @Nullable KimiModel model;
    private String modelName = "";
    private KimiChatRequestParameters parameters =
            KimiChatRequestParameters.builder().build();
    private boolean strictTools = true;
    private List<ChatModelListener> listeners = List.of();

    KimiChatModelBuilder(Function<ModelAccess, M> result) {
        this.result = result;
    }

    /** The model that answers, opened by the caller and closed by the caller when nobody asks any more. */
    public KimiChatModelBuilder<M> model(KimiModel opened) {
        model = opened;
        return this;
    }

    /** The model that answers, opened by the caller and closed by the caller when nobody asks any more. */
    public KimiChatModelBuilder<M> model(Kimi opened) {
        return model(opened.model());
    }

    /** The name in requests and responses; the checkpoint directory's if nothing else is said. */
    public KimiChatModelBuilder<M> modelName(String name) {
        modelName = name;
        return this;
    }

    /** What holds for every request that does not say otherwise: {@code parameters(p -> p.thinking(false))}. */
    public KimiChatModelBuilder<M> parameters(UnaryOperator<KimiChatRequestParameters.Builder> change) {
        KimiChatRequestParameters.Builder builder =
                KimiChatRequestParameters.builder().overrideWith(parameters);
        parameters = change.apply(builder).build();
        return this;
    }

    /** What holds for every request that does not say otherwise. */
    public KimiChatModelBuilder<M> defaultRequestParameters(ChatRequestParameters defaults) {
        parameters = KimiChatRequestParameters.builder().overrideWith(defaults).build();
        return this;
    }

    /** Whether the arguments of tools that do not say so themselves must follow their schema; yes by default. */
    public KimiChatModelBuilder<M> strictTools(boolean strict) {
        strictTools = strict;
        return this;
    }

    /** Who is told about requests, responses and errors. */
    public KimiChatModelBuilder<M> listeners(List<ChatModelListener> all) {
        listeners = List.copyOf(all);
        return this;
    }

    /** Who is told about requests, responses and errors. */
    public KimiChatModelBuilder<M> listeners(ChatModelListener... all) {
        return listeners(List.of(all));
    }

    /**
     * @throws UnsupportedOptionException without a model
     * @throws dev.langchain4j.exception.UnsupportedFeatureException if a default is not supported
     */
    public M build() {
        if (model == null) {
            throw new UnsupportedOptionException("model: expected an opened KimiModel, found none");
        }
        String name = modelName.isEmpty() ? model.directory().getFileName().toString() : modelName;
        if (parameters.modelName() != null && !parameters.modelName().equals(name)) {
            throw ModelAccess.unsupportedName(name, parameters.modelName());
        }
        KimiChatRequestParameters named = KimiChatRequestParameters.builder()
                .overrideWith(parameters)
                .modelName(name)
                .build();
        try {
            ParameterMapping.options(named);
            ParameterMapping.tools(named, strictTools);
        } catch (RuntimeException e) {
            throw Failures.of(e);
        }
        return result.apply(new ModelAccess(model, named, strictTools, listeners));
    }
}
