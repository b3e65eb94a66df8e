package org.kimi4j.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.kimi4j.KimiModel;
import org.kimi4j.springai.KimiChatModel;
import org.kimi4j.springai.KimiChatOptions;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.model.chat.client.autoconfigure.ChatClientAutoConfiguration;
import org.springframework.boot.actuate.info.Info;
import org.springframework.boot.actuate.info.InfoContributor;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;

@Timeout(120)
class StarterTest {

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withConfiguration(AutoConfigurations.of(KimiAutoConfiguration.class, KimiActuatorAutoConfiguration.class));

    @Configuration(proxyBeanMethods = false)
    static class Meters {
        @Bean
        MeterRegistry registry() {
            return new SimpleMeterRegistry();
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Stages {
        final List<String> seen = new CopyOnWriteArrayList<>();

        @EventListener
        void on(KimiLoadEvent event) {
            seen.add(event.progress().stage());
        }
    }

    @Test
    void theChatModelAnswersAndItsRepliesAreMetered() {
        runner.withUserConfiguration(Meters.class, Stages.class)
                .withPropertyValues("kimi.path=bundled", "spring.ai.kimi.chat.temperature=0")
                .run(context -> {
                    KimiChatModel chat = context.getBean(KimiChatModel.class);
                    assertThat(chat.call("What is the capital of France?")).contains("Paris");
                    assertThat(chat.getOptions().getTemperature()).isZero();
                    MeterRegistry meters = context.getBean(MeterRegistry.class);
                    assertThat(meters.get("kimi.answer.tokens").counter().count())
                            .isPositive();
                    assertThat(meters.get("kimi.prefill.duration").timer().count())
                            .isOne();
                    context.getBeansOfType(io.micrometer.core.instrument.binder.MeterBinder.class)
                            .values()
                            .forEach(b -> b.bindTo(meters));
                    assertThat(meters.get("kimi.kv.budget.bytes").gauge().value())
                            .isPositive();
                    assertThat(context.getBean(HealthIndicator.class).health().getStatus())
                            .isEqualTo(Status.UP);
                    Info.Builder info = new Info.Builder();
                    context.getBean(InfoContributor.class).contribute(info);
                    assertThat(info.build().getDetails().get("kimi")).asString().contains("kimi-nano", "contextLength");
                    assertThat(context.getBean(Stages.class).seen).endsWith("ready");
                    assertThat(context.getBean(KimiModel.class))
                            .isSameAs(context.getBean(KimiLoading.class).get());
                });
    }

    @Test
    void springAisChatClientBuilderTalksToTheModel() {
        runner.withConfiguration(AutoConfigurations.of(ChatClientAutoConfiguration.class))
                .withPropertyValues("kimi.path=bundled", "spring.ai.kimi.chat.temperature=0")
                .run(context -> {
                    ChatClient client =
                            context.getBean(ChatClient.Builder.class).build();
                    assertThat(client.prompt("What is the capital of France?")
                                    .call()
                                    .content())
                            .contains("Paris");
                });
    }

    @Test
    void theModelIsClosedWithItsApplication() {
        KimiModel[] model = new KimiModel[1];
        runner.withPropertyValues("kimi.path=bundled", "kimi.load=startup", "kimi.threads=1")
                .run(context -> {
                    assertThat(context.getBean(KimiLoading.class).isReady()).isTrue();
                    model[0] = context.getBean(KimiModel.class);
                });
        assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> model[0].newSession()))
                .hasMessageContaining("closed");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            kimi.temperature=0.5              | kimi.temperature             | write spring.ai.kimi.chat.temperature instead
            kimi.max-tokens=5                 | kimi.max-tokens              | write spring.ai.kimi.chat.max-tokens instead
            spring.ai.kimi.chat.path=/x       | spring.ai.kimi.chat.path     | write kimi.path instead
            spring.ai.kimi.chat.kv-budget=1MB | spring.ai.kimi.chat.kv-budget| write kimi.kv-budget instead
            spring.ai.kimi.threads=2          | spring.ai.kimi.threads       | write kimi.threads instead
            spring.ai.kimi.chat.options.top-p=1| spring.ai.kimi.chat.options.top-p | write spring.ai.kimi.chat.top-p instead
            kimi.model-path=/x                | kimi.model-path              | write kimi.path instead
            kimi.thread=2                     | kimi.thread                  | write one of kimi.path
            kimi.openai.api=x                 | kimi.openai.api              | kimi.openai.api-key
            kimi.threads=0                    | kimi.threads                 | expected
            kimi.path=/no/such/folder         | kimi.path                    | no directory /no/such/folder
            kimi.path=                        | kimi.path                    | bundled
            kimi.backend=gpu                  | kimi.backend                 | auto
            spring.ai.kimi.chat.temperature=9 | spring.ai.kimi.chat.temperature | expected a number from 0 to 2
            """)
    void aWrongSettingFailsAtTheStartWithItsNameAndTheRemedy(String setting, String property, String remedy) {
        runner.withPropertyValues("kimi.path=bundled")
                .withPropertyValues(setting)
                .run(context -> {
                    assertThat(context).hasFailed();
                    Throwable failure = context.getStartupFailure();
                    while (!(failure instanceof WrongPropertyException) && failure.getCause() != null) {
                        failure = failure.getCause();
                    }
                    assertThat(failure)
                            .isInstanceOf(WrongPropertyException.class)
                            .hasMessageContaining(remedy);
                    assertThat(((WrongPropertyException) failure).property()).isEqualTo(property);
                    assertThat(new WrongPropertyFailureAnalyzer()
                                    .analyze(failure)
                                    .getDescription())
                            .contains(property);
                });
    }

    @Test
    void aWordThatIsNoneOfAPropertysValuesIsRefusedBySpringWithItsName() {
        runner.withPropertyValues("kimi.path=bundled", "kimi.precision=half").run(context -> {
            assertThat(context).hasFailed();
            assertThat(context.getStartupFailure()).hasStackTraceContaining("kimi.precision");
        });
    }

    @Test
    void anotherChatModelMayBeChosen() {
        runner.withPropertyValues("spring.ai.model.chat=none")
                .run(context -> assertThat(context).doesNotHaveBean(KimiLoading.class));
    }

    @Test
    void slowJvmsAreFoundWithTheRemedy() {
        assertThat(SlowJvm.problem(1, "mixed mode", true).orElseThrow())
                .contains("-XX:TieredStopAtLevel=1", "<optimizedLaunch>false</optimizedLaunch>");
        assertThat(SlowJvm.problem(4, "interpreted mode", true).orElseThrow()).contains("-Xint");
        assertThat(SlowJvm.problem(4, "mixed mode", false).orElseThrow())
                .contains("--add-modules jdk.incubator.vector");
        assertThat(SlowJvm.problem(4, "mixed mode, sharing", true)).isEmpty();
    }

    @Test
    void optionsOfARequestCanSayMoreThanTheProperties() {
        runner.withPropertyValues("kimi.path=bundled", "spring.ai.kimi.chat.thinking=false")
                .run(context -> {
                    var response = context.getBean(KimiChatModel.class)
                            .call(new Prompt(
                                    "Hello",
                                    KimiChatOptions.builder().maxTokens(1).build()));
                    assertThat(response.getMetadata().getUsage().getCompletionTokens())
                            .isOne();
                });
    }
}
