package org.kimi4j.spring;

import io.micrometer.observation.ObservationRegistry;
import java.util.function.Consumer;
import org.kimi4j.KimiModel;
import org.kimi4j.Reply;
import org.kimi4j.springai.KimiChatModel;
import org.springframework.ai.chat.observation.ChatModelObservationConvention;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.availability.ApplicationAvailability;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Lazy;
import org.springframework.core.env.Environment;

/** The model, opened beside the application's start, and Spring AI's chat model on it. */
@AutoConfiguration(
        afterName = {
            "org.springframework.boot.autoconfigure.availability.ApplicationAvailabilityAutoConfiguration",
            "org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration"
        },
        beforeName = "org.springframework.ai.model.chat.client.autoconfigure.ChatClientAutoConfiguration")
@ConditionalOnProperty(name = "spring.ai.model.chat", havingValue = "kimi", matchIfMissing = true)
@EnableConfigurationProperties({KimiProperties.class, KimiChatProperties.class})
public class KimiAutoConfiguration {

    /** Before anything is made: names that nobody would read. */
    @Bean
    static BeanFactoryPostProcessor kimiPropertyNames(Environment environment) {
        return _ -> PropertyNames.check(environment);
    }

    @Bean
    @ConditionalOnMissingBean
    KimiLoading kimiLoading(KimiProperties properties, ApplicationEventPublisher events) {
        ModelSettings settings = ModelSettings.of(properties);
        return new KimiLoading(
                settings.directory(),
                settings.name(),
                settings.options(),
                properties.load() == KimiProperties.Load.BACKGROUND,
                events);
    }

    /** Whoever has this injected waits for the model. Closed by its owner, {@link KimiLoading}. */
    @Bean(destroyMethod = "")
    @Lazy
    @ConditionalOnMissingBean
    KimiModel kimiModel(KimiLoading loading) {
        return loading.get();
    }

    @Bean
    @ConditionalOnMissingBean
    KimiChatModel kimiChatModel(
            KimiLoading loading,
            KimiChatProperties properties,
            ObjectProvider<ObservationRegistry> registry,
            ObjectProvider<ChatModelObservationConvention> convention,
            ObjectProvider<ReplyMeters> meters) {
        KimiChatModel.Builder builder = KimiChatModel.builder()
                .model(loading)
                .name(loading.name())
                .options(properties.options())
                .observationRegistry(registry.getIfUnique(() -> ObservationRegistry.NOOP))
                .replies(replies(meters));
        convention.ifAvailable(builder::observationConvention);
        return builder.build();
    }

    private static Consumer<Reply> replies(ObjectProvider<ReplyMeters> meters) {
        return reply -> meters.ifAvailable(m -> m.count(reply));
    }

    @Bean
    ModelReadiness kimiReadiness(
            ObjectProvider<ApplicationAvailability> availability, ApplicationContext context, KimiLoading loading) {
        return new ModelReadiness(availability.getIfAvailable(), context, loading);
    }
}
