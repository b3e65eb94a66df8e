package org.kimi4j.langchain4j;

import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.common.AbstractChatModelIT;
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

/** LangChain4j's conformance kit for models that are waited for. */
@ExtendWith(ConformanceTable.class)
class ChatModelConformanceTest extends AbstractChatModelIT {

    @Override
    protected List<ChatModel> models() {
        return List.of(BundledModel.instant(KimiChatModel.builder()).build());
    }

    @Override
    protected ChatModel createModelWith(ChatRequestParameters parameters) {
        boolean stop = parameters.stopSequences() != null
                && !parameters.stopSequences().isEmpty();
        var builder = stop
                ? BundledModel.seeded(KimiChatModel.builder(), false, BundledModel.STOP_SEED)
                : BundledModel.instant(KimiChatModel.builder());
        return builder.parameters(p -> p.overrideWith(parameters)).build();
    }

    @Override
    protected ChatRequestParameters createIntegrationSpecificParameters(int maxOutputTokens) {
        return KimiChatRequestParameters.builder()
                .maxOutputTokens(maxOutputTokens)
                .build();
    }

    @Override
    protected boolean supportsChatAsync() {
        return true;
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
    protected Class<? extends ChatResponseMetadata> chatResponseMetadataType(ChatModel model) {
        return KimiChatResponseMetadata.class;
    }

    @Override
    protected Class<? extends TokenUsage> tokenUsageType(ChatModel model) {
        return KimiTokenUsage.class;
    }

    private List<ChatModel> schemaModels() {
        return List.of(BundledModel.seeded(KimiChatModel.builder(), true, BundledModel.SCHEMA_SEED)
                .build());
    }

    private List<ChatModel> toolSchemaModels() {
        return List.of(BundledModel.seeded(KimiChatModel.builder(), false, BundledModel.TOOL_SCHEMA_SEED)
                .build());
    }

    private List<ChatModel> noArgumentsModels() {
        return List.of(BundledModel.seeded(KimiChatModel.builder(), false, BundledModel.NO_ARGUMENTS_SEED)
                .build());
    }

    private List<ChatModel> thinkingModels() {
        return List.of(BundledModel.thinking(KimiChatModel.builder()).build());
    }

    private List<ChatModel> taughtModels() {
        return List.of(TaughtModel.instant(KimiChatModel.builder()).build());
    }

    private List<ChatModel> stopModels() {
        return List.of(BundledModel.seeded(KimiChatModel.builder(), false, BundledModel.STOP_SEED)
                .build());
    }

    @Override
    @Seeded(BundledModel.STOP_SEED)
    @ParameterizedTest
    @MethodSource("stopModels")
    protected void should_respect_stopSequences_in_chat_request(ChatModel model) {
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
    protected void should_respect_JSON_response_format_with_schema(ChatModel model) {
        super.should_respect_JSON_response_format_with_schema(model);
    }

    @Override
    @Seeded(BundledModel.SCHEMA_SEED)
    @ParameterizedTest
    @MethodSource("schemaModels")
    protected void should_respect_JsonRawSchema_responseFormat(ChatModel model) {
        super.should_respect_JsonRawSchema_responseFormat(model);
    }

    @Override
    @Seeded(BundledModel.TOOL_SCHEMA_SEED)
    @ParameterizedTest
    @MethodSource("toolSchemaModels")
    protected void should_execute_a_tool_then_answer_respecting_JSON_response_format_with_schema(ChatModel model) {
        super.should_execute_a_tool_then_answer_respecting_JSON_response_format_with_schema(model);
    }

    @Override
    @Seeded(BundledModel.NO_ARGUMENTS_SEED)
    @ParameterizedTest
    @MethodSource("noArgumentsModels")
    protected void should_execute_a_tool_without_arguments_then_answer(ChatModel model) {
        super.should_execute_a_tool_without_arguments_then_answer(model);
    }

    @Override
    @Taught
    @ParameterizedTest
    @MethodSource("taughtModels")
    protected void should_respect_system_message(ChatModel model) {
        super.should_respect_system_message(model);
    }

    @Override
    @Taught
    @ParameterizedTest
    @MethodSource("taughtModels")
    protected void should_respect_JSON_response_format(ChatModel model) {
        super.should_respect_JSON_response_format(model);
    }

    @Override
    @Taught
    @ParameterizedTest
    @MethodSource("taughtModels")
    protected void should_execute_multiple_tools_in_parallel_then_answer(ChatModel model) {
        super.should_execute_multiple_tools_in_parallel_then_answer(model);
    }

    @Override
    @LocalCase("to know a cat")
    @ParameterizedTest
    @MethodSource("models")
    protected void should_accept_single_image_as_base64_encoded_string(ChatModel model) {
        LocalCases.onePicture(asking(model));
    }

    @Override
    @LocalCase("to know a cat and dice")
    @ParameterizedTest
    @MethodSource("thinkingModels")
    protected void should_accept_multiple_images_as_base64_encoded_strings(ChatModel model) {
        LocalCases.twoPictures(asking(model));
    }

    @Override
    @LocalCase("to fetch a URL, where the local one has a data: address")
    @ParameterizedTest
    @MethodSource("models")
    protected void should_accept_single_image_as_public_URL(ChatModel model) {
        LocalCases.onePictureByAddress(asking(model));
    }

    @Override
    @LocalCase("to fetch a URL, where the local one has a data: address")
    @ParameterizedTest
    @MethodSource("thinkingModels")
    protected void should_accept_multiple_images_as_public_URLs(ChatModel model) {
        LocalCases.twoPicturesByAddress(asking(model));
    }

    private Function<ChatRequest, ChatResponse> asking(ChatModel model) {
        return request -> chat(model, request).chatResponse();
    }
}
