package org.kimi4j.langchain4j;

import dev.langchain4j.exception.NonRetriableException;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.common.AbstractStreamingChatModelListenerIT;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import org.junit.jupiter.api.extension.ExtendWith;

/** LangChain4j's conformance kit for what listeners are told. */
@ExtendWith(ConformanceTable.class)
class StreamingListenerConformanceTest extends AbstractStreamingChatModelListenerIT {

    @Override
    protected StreamingChatModel createModel(ChatModelListener listener) {
        return BundledModel.instant(KimiStreamingChatModel.builder())
                .parameters(p -> p.temperature(temperature()).topP(topP()).maxOutputTokens(maxTokens()))
                .listeners(listener)
                .build();
    }

    @Override
    protected String modelName() {
        return BundledModel.NAME;
    }

    @Override
    protected StreamingChatModel createFailingModel(ChatModelListener listener) {
        return KimiStreamingChatModel.builder()
                .model(BundledModel.closed())
                .modelName(BundledModel.NAME)
                .listeners(listener)
                .build();
    }

    @Override
    protected Class<? extends Exception> expectedExceptionClass() {
        return NonRetriableException.class;
    }
}
