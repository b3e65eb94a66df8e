package org.kimi4j.grammar;

import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/**
 * What tokens have behind their first quote. A string may end at the quote, and whether what follows fits depends on
 * that alone: thousands of tokens share some hundred endings. Immutable.
 */
final class Endings {

    static final int EMPTY = 0;

    private final BitSet quotes = new BitSet(); // nodes of the token tree that are the first quote on their way
    private final int[] ending; // by node of the token tree with such a quote on its way
    private final TokenTree tree;
    private final int count;

    /** @param tokens the tree of the tokens that have a quote, and maybe others */
    Endings(TokenTree tokens) {
        ending = new int[tokens.size()];
        Map<String, Integer> numbers = new HashMap<>(Map.of("", EMPTY));
        byte[] path = new byte[tokens.size() + 1];
        int node = 0;
        while (node < tokens.size()) {
            if (tokens.edge(node) != '"') {
                node++;
                continue;
            }
            quotes.set(node);
            int depth = tokens.depth(node);
            for (int n = node; n < tokens.skip(node); n++) {
                int length = tokens.depth(n) - depth;
                if (length > 0) {
                    path[length - 1] = (byte) tokens.edge(n);
                }
                if (tokens.token(n) != TokenTree.NO_TOKEN) {
                    String text = new String(path, 0, length, StandardCharsets.ISO_8859_1);
                    ending[n] = numbers.computeIfAbsent(text, _ -> numbers.size());
                }
            }
            node = tokens.skip(node);
        }
        count = numbers.size();
        byte[][] texts = new byte[count][];
        numbers.forEach((text, number) -> texts[number] = text.getBytes(StandardCharsets.ISO_8859_1));
        tree = TokenTree.of(TokenOrder.sorted(texts), texts);
    }

    /** Whether a node is the first quote on its way. */
    boolean beginAt(int node) {
        return quotes.get(node);
    }

    /** The ending of the token at a node below such a quote, or at it. */
    int of(int node) {
        return ending[node];
    }

    /** The endings that are not empty, by their bytes. */
    TokenTree tree() {
        return tree;
    }

    int count() {
        return count;
    }
}
