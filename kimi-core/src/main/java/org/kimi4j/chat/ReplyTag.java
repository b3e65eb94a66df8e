package org.kimi4j.chat;

import org.kimi4j.tokenizer.SpecialTokens;

/** The markup a reply is made of. */
enum ReplyTag {
    THINK(SpecialTokens.THINK),
    END_THINK(SpecialTokens.END_THINK),
    SECTION_BEGIN(SpecialTokens.TOOL_CALLS_SECTION_BEGIN),
    SECTION_END(SpecialTokens.TOOL_CALLS_SECTION_END),
    CALL_BEGIN(SpecialTokens.TOOL_CALL_BEGIN),
    ARGUMENT_BEGIN(SpecialTokens.TOOL_CALL_ARGUMENT_BEGIN),
    CALL_END(SpecialTokens.TOOL_CALL_END),
    /** Models sometimes write the section tags in the singular, which is no control token but ordinary text. */
    SPELLED_SECTION_BEGIN("<|tool_call_section_begin|>"),
    SPELLED_SECTION_END("<|tool_call_section_end|>");

    final String text;

    ReplyTag(String text) {
        this.text = text;
    }
}
