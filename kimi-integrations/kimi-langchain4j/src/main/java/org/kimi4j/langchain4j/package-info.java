/**
 * Kimi for LangChain4j: {@link org.kimi4j.langchain4j.KimiChatModel} and
 * {@link org.kimi4j.langchain4j.KimiStreamingChatModel} over a model the application has opened.
 */
@NullMarked
package org.kimi4j.langchain4j;

import org.jspecify.annotations.NullMarked;
