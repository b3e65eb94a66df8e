package org.kimi4j.langchain4j;

import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.common.AbstractStreamingChatModelPublisherListenerTest;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import org.junit.jupiter.api.extension.ExtendWith;

/** LangChain4j's conformance kit for what listeners are told of replies that are published. */
@ExtendWith(ConformanceTable.class)
class PublisherListenerConformanceTest extends AbstractStreamingChatModelPublisherListenerTest {

    /** The reply to the kit's question has as many parts as its scenarios need; the model is as fast as it is. */
    @Override
    protected StreamingChatModel createModel(ChatModelListener listener, StreamScenario scenario) {
        var builder = KimiStreamingChatModel.builder().listeners(listener);
        return scenario.fail()
                ? builder.model(BundledModel.closed()).build()
                : BundledModel.instant(builder).build();
    }
}
