package org.kimi4j.spring.openai;

import java.util.function.Consumer;
import org.kimi4j.Reply;
import org.kimi4j.spring.KimiAutoConfiguration;
import org.kimi4j.spring.KimiChatProperties;
import org.kimi4j.spring.KimiLoading;
import org.kimi4j.spring.ReplyMeters;
import org.kimi4j.spring.WrongPropertyException;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.web.servlet.ServletRegistrationBean;
import org.springframework.context.annotation.Bean;

/** The OpenAI-compatible endpoint, in servlet applications that ask for it. */
@AutoConfiguration(after = KimiAutoConfiguration.class)
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
@ConditionalOnClass(ServletRegistrationBean.class)
@ConditionalOnBean(KimiLoading.class)
@ConditionalOnBooleanProperty("kimi.openai.enabled")
@EnableConfigurationProperties(OpenAiProperties.class)
public class OpenAiAutoConfiguration {

    @Bean
    ServletRegistrationBean<OpenAiServlet> kimiOpenAiServlet(
            KimiLoading loading,
            OpenAiProperties properties,
            KimiChatProperties chat,
            ObjectProvider<ReplyMeters> meters) {
        String path = properties.basePath();
        if (!path.startsWith("/") || path.endsWith("/")) {
            throw new WrongPropertyException(
                    "kimi.openai.base-path", "expected a path like /v1, found " + path, "begin with / and end without");
        }
        Consumer<Reply> replies = reply -> meters.ifAvailable(m -> m.count(reply));
        OpenAiServlet servlet =
                new OpenAiServlet(loading, properties, chat.options().generateOptions(), replies);
        ServletRegistrationBean<OpenAiServlet> registration = new ServletRegistrationBean<>(
                servlet, path + "/models", path + "/models/*", path + "/chat/completions");
        registration.setName("kimiOpenAi");
        registration.setAsyncSupported(true);
        return registration;
    }
}
