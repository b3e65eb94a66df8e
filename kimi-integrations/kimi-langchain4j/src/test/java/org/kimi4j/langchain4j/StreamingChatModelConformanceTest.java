package org.kimi4j.langchain4j;

import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.common.AbstractStreamingChatModelIT;
import dev.langchain4j.model.chat.common.StreamingMode;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.ChatResponseMetadata;
import dev.langchain4j.model.output.TokenUsage;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** LangChain4j's conformance kit for models that stream, by handler and by publisher. */
@ExtendWith(ConformanceTable.class)
class StreamingChatModelConformanceTest extends AbstractStreamingChatModelIT {

    private StreamingChatModel base =
            BundledModel.instant(KimiStreamingChatModel.builder()).build();

    @Override
    protected List<StreamingMode> streamingModes() {
        return List.of(StreamingMode.HANDLER, StreamingMode.PUBLISHER);
    }

    @Override
    protected List<StreamingChatModel> baseModels() {
        return List.of(base);
    }

    @Override
    protected StreamingChatModel createModelWith(ChatRequestParameters parameters) {
        boolean stop = parameters.stopSequences() != null
                && !parameters.stopSequences().isEmpty();
        var builder = stop
                ? BundledModel.seeded(KimiStreamingChatModel.builder(), false, BundledModel.STOP_SEED)
                : BundledModel.instant(KimiStreamingChatModel.builder());
        return builder.parameters(p -> p.overrideWith(parameters)).build();
    }

    @Override
    public StreamingChatModel createModelWith(ChatModelListener listener) {
        return BundledModel.instant(KimiStreamingChatModel.builder())
                .listeners(listener)
                .build();
    }

    @Override
    protected ChatRequestParameters createIntegrationSpecificParameters(int maxOutputTokens) {
        return KimiChatRequestParameters.builder()
                .maxOutputTokens(maxOutputTokens)
                .build();
    }

    @Override
    protected boolean supportsModelNameParameter() {
        return false;
    }

    @Override
    protected boolean supportsSingleImageInputAsPublicURL() {
        return false;
    }

    @Override
    protected Class<? extends ChatResponseMetadata> chatResponseMetadataType(StreamingChatModel model) {
        return KimiChatResponseMetadata.class;
    }

    @Override
    protected Class<? extends TokenUsage> tokenUsageType(StreamingChatModel model) {
        return KimiTokenUsage.class;
    }

    private List<StreamingChatModel> schemaModels() {
        return inAllModes(BundledModel.seeded(KimiStreamingChatModel.builder(), true, BundledModel.SCHEMA_SEED));
    }

    private List<StreamingChatModel> toolSchemaModels() {
        return inAllModes(BundledModel.seeded(KimiStreamingChatModel.builder(), false, BundledModel.TOOL_SCHEMA_SEED));
    }

    private List<StreamingChatModel> noArgumentsModels() {
        return inAllModes(BundledModel.seeded(KimiStreamingChatModel.builder(), false, BundledModel.NO_ARGUMENTS_SEED));
    }

    private List<StreamingChatModel> thinkingModels() {
        return inAllModes(BundledModel.thinking(KimiStreamingChatModel.builder()));
    }

    private List<StreamingChatModel> taughtModels() {
        return inAllModes(TaughtModel.instant(KimiStreamingChatModel.builder()));
    }

    private List<StreamingChatModel> stopModels() {
        return inAllModes(BundledModel.seeded(KimiStreamingChatModel.builder(), false, BundledModel.STOP_SEED));
    }

    /** The kit makes one model per way of streaming of each of the base models. */
    private List<StreamingChatModel> inAllModes(KimiChatModelBuilder<KimiStreamingChatModel> builder) {
        StreamingChatModel before = base;
        base = builder.build();
        try {
            return models();
        } finally {
            base = before;
        }
    }

    @Override
    @Seeded(BundledModel.STOP_SEED)
    @ParameterizedTest
    @MethodSource("stopModels")
    protected void should_respect_stopSequences_in_chat_request(StreamingChatModel model) {
        super.should_respect_stopSequences_in_chat_request(model);
    }

    @Override
    @Seeded(BundledModel.STOP_SEED)
    @Test
    protected void should_respect_stopSequences_in_default_model_parameters() {
        super.should_respect_stopSequences_in_default_model_parameters();
    }

    @Override
    @Seeded(BundledModel.SCHEMA_SEED)
    @ParameterizedTest
    @MethodSource("schemaModels")
    protected void should_respect_JSON_response_format_with_schema(StreamingChatModel model) {
        super.should_respect_JSON_response_format_with_schema(model);
    }

    @Override
    @Seeded(BundledModel.SCHEMA_SEED)
    @ParameterizedTest
    @MethodSource("schemaModels")
    protected void should_respect_JsonRawSchema_responseFormat(StreamingChatModel model) {
        super.should_respect_JsonRawSchema_responseFormat(model);
    }

    @Override
    @Seeded(BundledModel.TOOL_SCHEMA_SEED)
    @ParameterizedTest
    @MethodSource("toolSchemaModels")
    protected void should_execute_a_tool_then_answer_respecting_JSON_response_format_with_schema(
            StreamingChatModel model) {
        super.should_execute_a_tool_then_answer_respecting_JSON_response_format_with_schema(model);
    }

    @Override
    @Seeded(BundledModel.NO_ARGUMENTS_SEED)
    @ParameterizedTest
    @MethodSource("noArgumentsModels")
    protected void should_execute_a_tool_without_arguments_then_answer(StreamingChatModel model) {
        super.should_execute_a_tool_without_arguments_then_answer(model);
    }

    @Override
    @Taught
    @ParameterizedTest
    @MethodSource("taughtModels")
    protected void should_respect_system_message(StreamingChatModel model) {
        super.should_respect_system_message(model);
    }

    @Override
    @Taught
    @ParameterizedTest
    @MethodSource("taughtModels")
    protected void should_respect_JSON_response_format(StreamingChatModel model) {
        super.should_respect_JSON_response_format(model);
    }

    @Override
    @Taught
    @ParameterizedTest
    @MethodSource("taughtModels")
    protected void should_execute_multiple_tools_in_parallel_then_answer(StreamingChatModel model) {
        super.should_execute_multiple_tools_in_parallel_then_answer(model);
    }

    @Override
    @LocalCase("to know a cat")
    @ParameterizedTest
    @MethodSource("models")
    protected void should_accept_single_image_as_base64_encoded_string(StreamingChatModel model) {
        LocalCases.onePicture(asking(model));
    }

    @Override
    @LocalCase("to know a cat and dice")
    @ParameterizedTest
    @MethodSource("thinkingModels")
    protected void should_accept_multiple_images_as_base64_encoded_strings(StreamingChatModel model) {
        LocalCases.twoPictures(asking(model));
    }

    @Override
    @LocalCase("to fetch a URL, where the local one has a data: address")
    @ParameterizedTest
    @MethodSource("models")
    protected void should_accept_single_image_as_public_URL(StreamingChatModel model) {
        LocalCases.onePictureByAddress(asking(model));
    }

    @Override
    @LocalCase("to fetch a URL, where the local one has a data: address")
    @ParameterizedTest
    @MethodSource("thinkingModels")
    protected void should_accept_multiple_images_as_public_URLs(StreamingChatModel model) {
        LocalCases.twoPicturesByAddress(asking(model));
    }

    private Function<ChatRequest, ChatResponse> asking(StreamingChatModel model) {
        return request -> chat(model, request).chatResponse();
    }
}
