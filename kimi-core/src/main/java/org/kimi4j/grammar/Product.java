package org.kimi4j.grammar;

import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/** The automaton of the texts that two automata accept. */
final class Product {

    private final Dfa a;
    private final Dfa b;
    private final Map<Long, Integer> known = new HashMap<>();
    private long[] pairs = new long[64];

    private Product(Dfa a, Dfa b) {
        this.a = a;
        this.b = b;
    }

    static Dfa of(Dfa a, Dfa b) throws RefusedException {
        return new Product(a, b).run();
    }

    private Dfa run() throws RefusedException {
        byte[] classOf = new byte[256];
        int[] sample = new int[256];
        int classes = classes(classOf, sample);
        int[] table = new int[classes * 16];
        BitSet accepting = new BitSet();
        number(a.start(), b.start());
        for (int q = 0; q < known.size(); q++) {
            if ((q + 1) * classes > Dfa.MAX_CELLS) {
                throw new RefusedException("needs an automaton of more than " + Dfa.MAX_CELLS
                        + " transitions: use smaller repeat counts or lengths");
            }
            if (table.length < (q + 1) * classes) {
                table = Arrays.copyOf(table, 2 * table.length);
            }
            int ofA = (int) (pairs[q] >> 32);
            int ofB = (int) pairs[q];
            accepting.set(q, a.accepts(ofA) && b.accepts(ofB));
            for (int c = 0; c < classes; c++) {
                int nextA = a.next(ofA, sample[c]);
                int nextB = b.next(ofB, sample[c]);
                table[q * classes + c] = nextA == Dfa.DEAD || nextB == Dfa.DEAD ? Dfa.DEAD : number(nextA, nextB);
            }
        }
        return Dfa.of(classOf, classes, Arrays.copyOf(table, known.size() * classes), accepting, 0);
    }

    /** Bytes that neither automaton tells apart share a class; the count of classes is returned. */
    private int classes(byte[] classOf, int[] sample) {
        Map<Integer, Integer> seen = new HashMap<>();
        for (int x = 0; x < 256; x++) {
            int pair = a.classOf(x) << 8 | b.classOf(x);
            Integer c = seen.get(pair);
            if (c == null) {
                c = seen.size();
                sample[c] = x;
                seen.put(pair, c);
            }
            classOf[x] = (byte) (int) c;
        }
        return seen.size();
    }

    private int number(int ofA, int ofB) {
        long pair = (long) ofA << 32 | ofB;
        Integer number = known.get(pair);
        if (number == null) {
            number = known.size();
            known.put(pair, number);
            if (number == pairs.length) {
                pairs = Arrays.copyOf(pairs, 2 * number);
            }
            pairs[number] = pair;
        }
        return number;
    }
}
