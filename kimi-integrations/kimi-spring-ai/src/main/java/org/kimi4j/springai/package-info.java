/**
 * Kimi as a chat model of Spring AI: {@link org.kimi4j.springai.KimiChatModel} and its options. Tools are run by Spring AI's
 * own loop, a {@code ToolCallingAdvisor} of a {@code ChatClient}.
 */
@NullMarked
package org.kimi4j.springai;

import org.jspecify.annotations.NullMarked;
