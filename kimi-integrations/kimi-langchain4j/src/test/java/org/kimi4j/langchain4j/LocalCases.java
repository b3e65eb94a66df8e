package org.kimi4j.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.json.JsonObjectSchema;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.FinishReason;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Base64;
import java.util.List;
import java.util.function.Function;
import javax.imageio.ImageIO;

/** What the kit asserts, of things that the bundled model knows. */
final class LocalCases {

    private static final int SIDE = 112;
    private static final int RADIUS = 18;

    private LocalCases() {}

    static void systemMessage(Function<ChatRequest, ChatResponse> model) {
        ChatResponse response = model.apply(ChatRequest.builder()
                .messages(SystemMessage.from("My name is Nina."), UserMessage.from("What is my name?"))
                .build());

        assertThat(response.aiMessage().text()).contains("Nina");
        assertAnswer(response);
    }

    static void onePicture(Function<ChatRequest, ChatResponse> model) {
        onePicture(model, ImageContent.from(redCircle(), "image/png"));
    }

    /** The picture under an address that says all of it, the only kind that is not fetched. */
    static void onePictureByAddress(Function<ChatRequest, ChatResponse> model) {
        onePicture(model, address(redCircle()));
    }

    private static ImageContent address(String base64) {
        return ImageContent.from("data:image/png;base64," + base64);
    }

    private static void onePicture(Function<ChatRequest, ChatResponse> model, ImageContent circle) {
        ChatResponse response = model.apply(ChatRequest.builder()
                .messages(UserMessage.from(TextContent.from("What do you see?"), circle))
                .build());

        assertThat(response.aiMessage().text()).contains("red circle");
        assertAnswer(response);
    }

    static void twoPictures(Function<ChatRequest, ChatResponse> model) {
        twoPictures(model, ImageContent.from(redCircle(), "image/png"), ImageContent.from(blueSquare(), "image/png"));
    }

    static void twoPicturesByAddress(Function<ChatRequest, ChatResponse> model) {
        twoPictures(model, address(redCircle()), address(blueSquare()));
    }

    private static void twoPictures(
            Function<ChatRequest, ChatResponse> model, ImageContent circle, ImageContent square) {
        ChatResponse response = model.apply(ChatRequest.builder()
                .messages(UserMessage.from(
                        circle, square, TextContent.from("What do you see on these images? Describe both images.")))
                .build());

        // The bundled model lists what it sees of both before it answers about the second.
        assertThat(response.aiMessage().thinking()).contains("First: red circle", "Second: blue square");
        assertThat(response.aiMessage().text()).contains("blue square");
        assertAnswer(response);
    }

    static void jsonFormat(Function<ChatRequest, ChatResponse> model) {
        ChatResponse response = model.apply(ChatRequest.builder()
                .messages(UserMessage.from(
                        "Reply as JSON with keys country and capital: Berlin is the capital of" + " Germany."))
                .responseFormat(ResponseFormat.JSON)
                .build());

        assertThat(response.aiMessage().text())
                .isEqualToIgnoringWhitespace("{\"country\": \"Germany\", \"capital\": \"Berlin\"}");
        assertAnswer(response);
    }

    static void parallelTools(Function<ChatRequest, ChatResponse> model) {
        ToolSpecification weather = ToolSpecification.builder()
                .name("get_weather")
                .description("Get the current weather in a city.")
                .parameters(JsonObjectSchema.builder()
                        .addStringProperty("city")
                        .required("city")
                        .build())
                .build();
        UserMessage question = UserMessage.from("What is the weather in Paris and Rome?");
        ChatResponse called = model.apply(ChatRequest.builder()
                .messages(question)
                .toolSpecifications(weather)
                .build());

        AiMessage calls = called.aiMessage();
        assertThat(calls.toolExecutionRequests())
                .map(ToolExecutionRequest::name)
                .containsExactly("get_weather", "get_weather");
        assertThat(calls.toolExecutionRequests())
                .map(ToolExecutionRequest::arguments)
                .containsExactly("{\"city\": \"Paris\"}", "{\"city\": \"Rome\"}");
        assertThat(calls.toolExecutionRequests()).map(ToolExecutionRequest::id).doesNotHaveDuplicates();
        assertThat(called.finishReason()).isEqualTo(FinishReason.TOOL_EXECUTION);

        List<ToolExecutionRequest> requests = calls.toolExecutionRequests();
        ChatResponse answered = model.apply(ChatRequest.builder()
                .messages(
                        question,
                        calls,
                        ToolExecutionResultMessage.from(requests.get(0), "21 degrees, sunny"),
                        ToolExecutionResultMessage.from(requests.get(1), "14 degrees, rainy"))
                .toolSpecifications(weather)
                .build());

        assertThat(answered.aiMessage().text()).contains("sunny", "rainy");
        assertAnswer(answered);
    }

    private static void assertAnswer(ChatResponse response) {
        assertThat(response.aiMessage().toolExecutionRequests()).isEmpty();
        assertThat(response.finishReason()).isEqualTo(FinishReason.STOP);
        assertThat(response.tokenUsage()).isExactlyInstanceOf(KimiTokenUsage.class);
        assertThat(response.tokenUsage().inputTokenCount()).isPositive();
        assertThat(response.tokenUsage().outputTokenCount()).isPositive();
    }

    static String redCircle() {
        return picture(new Color(220, 40, 40), true);
    }

    private static String blueSquare() {
        return picture(new Color(45, 90, 220), false);
    }

    /** A PNG in base64. */
    private static String picture(Color color, boolean round) {
        BufferedImage image = new BufferedImage(SIDE, SIDE, BufferedImage.TYPE_INT_RGB);
        Graphics2D pen = image.createGraphics();
        pen.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        pen.setColor(new Color(245, 245, 240));
        pen.fillRect(0, 0, SIDE, SIDE);
        pen.setColor(color);
        if (round) {
            pen.fillOval(SIDE / 2 - RADIUS, SIDE / 2 - RADIUS, 2 * RADIUS, 2 * RADIUS);
        } else {
            pen.fillRect(SIDE / 2 - RADIUS, SIDE / 2 - RADIUS, 2 * RADIUS, 2 * RADIUS);
        }
        pen.dispose();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            ImageIO.write(image, "png", bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Base64.getEncoder().encodeToString(bytes.toByteArray());
    }
}
