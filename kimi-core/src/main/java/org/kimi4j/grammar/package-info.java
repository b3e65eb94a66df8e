/**
 * What an answer may look like, as automata over its bytes, and from them the mask of tokens that may come next: regular
 * expressions, JSON schemas, the vocabulary as a tree of bytes, and the shortest way to the end of a document. Knows no
 * model, no session and no channel of a reply.
 */
@NullMarked
package org.kimi4j.grammar;

import org.jspecify.annotations.NullMarked;
