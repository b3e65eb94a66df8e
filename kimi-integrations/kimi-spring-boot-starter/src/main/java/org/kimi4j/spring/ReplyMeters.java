package org.kimi4j.spring;

import org.kimi4j.Reply;

/** Is shown every whole reply. */
@FunctionalInterface
public interface ReplyMeters {

    void count(Reply reply);
}
