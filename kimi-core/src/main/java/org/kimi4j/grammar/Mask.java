package org.kimi4j.grammar;

import java.util.BitSet;

/**
 * The tokens that may come at a place of an answer when enough tokens are left.
 *
 * @param allowed token ids; not to be changed
 * @param growth how many tokens more than before the shortest way to the end may need after one of them
 */
record Mask(BitSet allowed, int growth) {}
