package org.kimi4j.langchain4j;

import dev.langchain4j.exception.NonRetriableException;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.common.AbstractChatModelListenerIT;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import org.junit.jupiter.api.extension.ExtendWith;

/** LangChain4j's conformance kit for what listeners are told. */
@ExtendWith(ConformanceTable.class)
class ListenerConformanceTest extends AbstractChatModelListenerIT {

    @Override
    protected ChatModel createModel(ChatModelListener listener) {
        return BundledModel.instant(KimiChatModel.builder())
                .parameters(p -> p.temperature(temperature()).topP(topP()).maxOutputTokens(maxTokens()))
                .listeners(listener)
                .build();
    }

    @Override
    protected String modelName() {
        return BundledModel.NAME;
    }

    @Override
    protected ChatModel createFailingModel(ChatModelListener listener) {
        return KimiChatModel.builder()
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
