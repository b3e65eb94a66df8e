package org.kimi4j.spring;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.kimi4j.KimiModel;
import org.kimi4j.ModelStats;
import org.kimi4j.Reply;
import org.springframework.boot.actuate.info.InfoContributor;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Health, info and meters of the model, where the application has an actuator. */
@AutoConfiguration(after = KimiAutoConfiguration.class)
@ConditionalOnBean(KimiLoading.class)
public class KimiActuatorAutoConfiguration {

    /** Health of the model: out of service until it is open, down if it could not be opened. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(HealthIndicator.class)
    static class OfHealth {

        @Bean
        @ConditionalOnMissingBean(name = "kimiHealthIndicator")
        HealthIndicator kimiHealthIndicator(KimiLoading loading) {
            return () -> health(loading);
        }

        private static Health health(KimiLoading loading) {
            if (loading.failure().isPresent()) {
                return Health.down()
                        .withDetail("model", loading.name())
                        .withDetail(
                                "problem",
                                String.valueOf(loading.failure().get().getMessage()))
                        .build();
            }
            return loading.ifReady()
                    .map(model -> up(loading, model))
                    .orElseGet(() -> Health.outOfService()
                            .withDetail("model", loading.name())
                            .withDetail("loading", loading.progress().stage())
                            .build());
        }

        private static Health up(KimiLoading loading, KimiModel model) {
            ModelStats stats = model.stats();
            Health.Builder health = Health.up()
                    .withDetail("model", loading.name())
                    .withDetail("kernels", model.kernelsName())
                    .withDetail("waiting", stats.waiting())
                    .withDetail("active", stats.active())
                    .withDetail("kvBytes", stats.kvBytes())
                    .withDetail("kvBudgetBytes", stats.kvBudgetBytes());
            SlowJvm.problem().ifPresent(problem -> health.withDetail("slow", problem));
            return health.build();
        }
    }

    /** What the info endpoint says of the model. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(InfoContributor.class)
    static class OfInfo {

        @Bean
        @ConditionalOnMissingBean(name = "kimiInfoContributor")
        InfoContributor kimiInfoContributor(KimiLoading loading) {
            return builder -> {
                Map<String, Object> kimi = new LinkedHashMap<>();
                kimi.put("model", loading.name());
                kimi.put("stage", loading.progress().stage());
                loading.ifReady().ifPresent(model -> {
                    kimi.put("kernels", model.kernelsName());
                    kimi.put("precision", model.options().precision());
                    kimi.put("contextLength", model.contextLength());
                    kimi.put("bytesPerToken", model.bytesPerToken());
                });
                builder.withDetail("kimi", kimi);
            };
        }
    }

    /** Gauges of the engine, and what each reply took. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass({MeterRegistry.class, MeterBinder.class})
    static class OfMeters {

        @Bean
        MeterBinder kimiEngineMeters(KimiLoading loading) {
            return registry -> {
                gauge(registry, "kimi.queue.depth", "requests that wait", loading, ModelStats::waiting);
                gauge(registry, "kimi.requests.active", "requests being computed", loading, ModelStats::active);
                gauge(registry, "kimi.conversations.idle", "kept in the cache", loading, ModelStats::idleTimelines);
                gauge(registry, "kimi.kv.bytes", "cache in use", loading, ModelStats::kvBytes);
                gauge(registry, "kimi.kv.budget.bytes", "cache allowed", loading, ModelStats::kvBudgetBytes);
                gauge(registry, "kimi.workspace.bytes", "activations", loading, ModelStats::workspaceBytes);
            };
        }

        private static void gauge(
                MeterRegistry registry,
                String name,
                String what,
                KimiLoading loading,
                ToDoubleFunction<ModelStats> value) {
            Gauge.builder(
                            name,
                            loading,
                            l -> l.ifReady()
                                    .map(model -> value.applyAsDouble(model.stats()))
                                    .orElse(0.0))
                    .description(what)
                    .tag("model", loading.name())
                    .register(registry);
        }

        @Bean
        @ConditionalOnBean(MeterRegistry.class)
        ReplyMeters kimiReplyMeters(MeterRegistry registry, KimiLoading loading) {
            return reply -> count(registry, loading.name(), reply);
        }

        private static void count(MeterRegistry registry, String model, Reply reply) {
            tokens(registry, model, "kimi.prompt.tokens", reply.usage().promptTokens());
            tokens(registry, model, "kimi.prompt.cached.tokens", reply.usage().cachedTokens());
            tokens(registry, model, "kimi.thinking.tokens", reply.usage().thinkingTokens());
            tokens(registry, model, "kimi.answer.tokens", reply.usage().answerTokens());
            timer(registry, model, "kimi.queue.duration").record(reply.timings().queued());
            timer(registry, model, "kimi.prefill.duration")
                    .record(reply.timings().prefill());
            timer(registry, model, "kimi.decode.duration")
                    .record(reply.timings().decode());
            timer(registry, model, "kimi.first.token").record(reply.timings().firstToken());
        }

        private static void tokens(MeterRegistry registry, String model, String name, int count) {
            Counter.builder(name).tag("model", model).register(registry).increment(count);
        }

        private static Timer timer(MeterRegistry registry, String model, String name) {
            return Timer.builder(name).tag("model", model).register(registry);
        }
    }
}
