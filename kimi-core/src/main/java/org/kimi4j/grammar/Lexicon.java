package org.kimi4j.grammar;

import java.util.BitSet;
import java.util.stream.IntStream;
import org.kimi4j.tokenizer.Tokenizer;

/**
 * A vocabulary as masks need it: its tokens as a tree of bytes, and those that are whole characters of a JSON string
 * without escapes, by their number of characters. One per model; immutable and safe for all threads; some 8 MB for
 * 160,000 tokens. Control tokens are not part of it.
 */
public final class Lexicon {

    private static final String FILLERS = "-=.*_ #~0a";
    private static final int FILLER_SAMPLE = 64;

    private final Tokenizer tokenizer;
    private final int size;
    private final TokenTree all;
    private final TokenTree unusual;
    private final Endings endings;
    private final int[][] plain; // [characters]: ids, ascending
    private final BitSet allPlain = new BitSet();
    private final long[] allPlainWords;
    private final int longest;
    private final int mostOpeners;
    private final byte filler;
    private final int[] fillerRuns; // lengths of tokens that are the filler alone, descending

    private Lexicon(Tokenizer tokenizer, byte[][] bytes) {
        this.tokenizer = tokenizer;
        size = bytes.length;
        int[] sorted = TokenOrder.sorted(bytes);
        all = TokenTree.of(sorted, bytes);
        int[] characters = new int[bytes.length];
        int most = 0;
        int openers = 0;
        int longestToken = 0;
        for (int id : sorted) {
            characters[id] = plainCharacters(bytes[id]);
            most = Math.max(most, characters[id]);
            openers = Math.max(openers, openers(bytes[id]));
            longestToken = Math.max(longestToken, bytes[id].length);
        }
        longest = longestToken;
        mostOpeners = openers;
        plain = new int[most + 1][];
        int[] counts = new int[most + 1];
        int others = 0;
        for (int id : sorted) {
            if (characters[id] < 0) {
                others++;
            } else {
                counts[characters[id]]++;
            }
        }
        for (int n = 0; n <= most; n++) {
            plain[n] = new int[counts[n]];
        }
        int[] rest = new int[others];
        for (int i = sorted.length - 1; i >= 0; i--) {
            int id = sorted[i];
            if (characters[id] < 0) {
                rest[--others] = id;
            } else {
                plain[characters[id]][--counts[characters[id]]] = id;
                allPlain.set(id);
            }
        }
        unusual = TokenTree.of(rest, bytes);
        endings = new Endings(unusual);
        allPlainWords = allPlain.toLongArray();
        filler = bestFiller();
        fillerRuns = runs(filler);
    }

    /** The ordinary tokens of a tokenizer. */
    public static Lexicon of(Tokenizer tokenizer) {
        int count = Math.min(tokenizer.size(), tokenizer.specialTokens().firstId());
        byte[][] bytes = new byte[count][];
        for (int id = 0; id < count; id++) {
            bytes[id] = tokenizer.bytes(id);
        }
        return new Lexicon(tokenizer, bytes);
    }

    /** Whole characters that stand for themselves in a JSON string, or -1 if the token has anything else. */
    private static int plainCharacters(byte[] token) {
        Dfa rest = Texts.PLAIN_STRING_REST;
        int at = rest.start();
        int count = 0;
        for (byte b : token) {
            at = rest.next(at, b & 0xFF);
            if (at == Dfa.DEAD || rest.accepts(at)) {
                return -1;
            }
            count += at == rest.start() ? 1 : 0;
        }
        return at == rest.start() ? count : -1;
    }

    private static int openers(byte[] token) {
        int count = 0;
        for (byte b : token) {
            count += b == '{' || b == '[' ? 1 : 0;
        }
        return count;
    }

    private byte bestFiller() {
        byte best = 'a';
        int fewest = Integer.MAX_VALUE;
        for (char c : FILLERS.toCharArray()) {
            int needed = tokensFor(runs((byte) c), FILLER_SAMPLE);
            if (needed < fewest) {
                fewest = needed;
                best = (byte) c;
            }
        }
        return best;
    }

    private int[] runs(byte c) {
        int[] found = new int[longest];
        int used = 0;
        for (int n = all.first(c); n >= 0; n = all.child(n, c)) {
            if (all.token(n) != TokenTree.NO_TOKEN) {
                found[used++] = all.depth(n);
            }
        }
        int count = used;
        return IntStream.range(0, count).map(i -> found[count - 1 - i]).toArray();
    }

    /** The longest runs first: not always the fewest, and never too few. */
    private static int tokensFor(int[] runs, int count) {
        int left = count;
        int tokens = 0;
        for (int run : runs) {
            tokens += left / run;
            left %= run;
        }
        return left == 0 ? tokens : Closing.IMPOSSIBLE;
    }

    /** Ids that masks speak about: 0 to {@code size() - 1}. */
    public int size() {
        return size;
    }

    byte[] bytes(int token) {
        return tokenizer.bytes(token);
    }

    TokenTree all() {
        return all;
    }

    /** The tokens that {@link #plain} does not have. */
    TokenTree unusual() {
        return unusual;
    }

    /** What {@link #unusual} tokens have behind their first quote. */
    Endings endings() {
        return endings;
    }

    /** Adds the plain tokens of so many characters, or takes the others away if they are fewer. */
    void addPlain(int fewest, int most, long[] to) {
        int within = 0;
        for (int n = fewest; n <= most; n++) {
            within += plain[n].length;
        }
        boolean few = within < allPlain.cardinality() / 2;
        if (!few) {
            long[] all = allPlainWords;
            for (int i = 0; i < all.length; i++) {
                to[i] |= all[i];
            }
        }
        for (int n = 0; n < plain.length; n++) {
            boolean wanted = n >= fewest && n <= most;
            if (wanted == few) {
                for (int id : plain[n]) {
                    to[id >> 6] ^= 1L << id;
                }
            }
        }
    }

    /** The most characters such a token has. */
    int mostPlain() {
        return plain.length - 1;
    }

    /** Tokens joined for an automaton: the plain ones or all. */
    TokenGroups groups(Dfa dfa, boolean plainOnly) {
        BitSet among = allPlain;
        if (!plainOnly) {
            among = new BitSet(size);
            among.set(0, size);
        }
        return TokenGroups.of(dfa, all, among);
    }

    /** Bytes of the longest token. */
    int longest() {
        return longest;
    }

    /** Objects and arrays that one token may open. */
    int mostOpeners() {
        return mostOpeners;
    }

    /** The character that makes a string longer with the fewest tokens. */
    byte filler() {
        return filler;
    }

    /** Tokens that surely suffice for so many fillers. */
    int fillerTokens(int count) {
        return tokensFor(fillerRuns, count);
    }

    /** Tokens that spell a text at best. */
    int tokens(byte[] text) {
        return new Closing(text, null, this).tokens();
    }

    /** By state of an automaton, the tokens that spell its shortest way to an end at best. */
    int[] tokensToEnd(Dfa dfa) {
        int[] order = IntStream.range(0, dfa.states())
                .boxed()
                .sorted((a, b) -> Integer.compare(dfa.distance(a), dfa.distance(b)))
                .mapToInt(Integer::intValue)
                .toArray();
        int[] tokens = new int[dfa.states()];
        for (int q : order) {
            if (dfa.distance(q) == 0) {
                continue;
            }
            int least = Closing.IMPOSSIBLE;
            int at = q;
            int node = -1;
            while (dfa.distance(at) > 0) {
                int b = dfa.towards(at);
                node = at == q ? all.first(b) : all.child(node, b);
                if (node < 0) {
                    break;
                }
                at = dfa.next(at, b);
                if (all.token(node) != TokenTree.NO_TOKEN) {
                    least = Math.min(least, 1 + tokens[at]);
                }
            }
            tokens[q] = least;
        }
        return tokens;
    }
}
