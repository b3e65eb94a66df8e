package org.kimi4j.grammar;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Automata of JSON numbers between two bounds. Numbers with bounds or a divisor are written in decimal; others may have
 * an exponent of two digits.
 */
final class Numbers {

    /** Digits before the point of a number without bounds: all such integers fit a long. */
    static final int INTEGER_DIGITS = 18;

    private static final int DECIMAL_DIGITS = 15;
    private static final int FRACTION_DIGITS = 17;
    private static final int MAX_BOUND_DIGITS = 40;
    private static final int MAX_REMAINDERS = 2_000;
    private static final int MAX_DIVISOR_SCALE = 9;

    private Numbers() {}

    /** One end of a range. */
    record Bound(BigDecimal value, boolean excluded) {

        Bound negated() {
            return new Bound(value.negate(), excluded);
        }

        String integerDigits() {
            return value.setScale(0, RoundingMode.DOWN).abs().toPlainString();
        }

        /** Digits behind the point, without zeros at the end. */
        String fractionDigits() {
            BigDecimal fraction = value.abs().remainder(BigDecimal.ONE);
            return fraction.signum() == 0
                    ? ""
                    : fraction.stripTrailingZeros().toPlainString().substring(2);
        }
    }

    /** Any number. */
    static Dfa any() throws RefusedException {
        return Texts.matching(RegexReader.read("-?(0|[1-9][0-9]{0," + (DECIMAL_DIGITS - 1) + "})(\\.[0-9]{1,"
                + FRACTION_DIGITS + "})?([eE][+-]?[0-9]{1,2})?"));
    }

    /** Numbers in a range, {@code null} being an open end. */
    static Dfa between(@Nullable Bound low, @Nullable Bound high, boolean integer) throws RefusedException {
        for (Bound bound : Arrays.asList(low, high)) {
            if (bound != null
                    && (bound.integerDigits().length() > MAX_BOUND_DIGITS
                            || bound.fractionDigits().length() > MAX_BOUND_DIGITS)) {
                throw new RefusedException("has a bound of more than " + MAX_BOUND_DIGITS + " digits");
            }
        }
        Nfa nfa = new Nfa();
        int start = nfa.state();
        int end = nfa.state();
        Bound zero = new Bound(BigDecimal.ZERO, false);
        Bound aboveZero = new Bound(BigDecimal.ZERO, true);
        if (high == null || high.value.signum() > 0 || high.value.signum() == 0 && !high.excluded) {
            new Range(nfa, end, low == null || low.value.signum() < 0 ? zero : low, high, integer).add(start);
        }
        if (low == null || low.value.signum() < 0) {
            int minus = nfa.state();
            nfa.edge(start, '-', '-', minus);
            Bound least = high == null || high.value.signum() >= 0 ? aboveZero : high.negated();
            new Range(nfa, end, least, low == null ? null : low.negated(), integer).add(minus);
        }
        return Determinizer.determinize(nfa, start, end).minimized();
    }

    /** Numbers without exponent that a divisor divides. */
    static Dfa multiplesOf(BigDecimal divisor) throws RefusedException {
        BigDecimal stripped = divisor.stripTrailingZeros();
        int scale = Math.max(stripped.scale(), 0);
        BigDecimal scaled = stripped.scaleByPowerOfTen(scale);
        if (divisor.signum() <= 0
                || scale > MAX_DIVISOR_SCALE
                || scaled.compareTo(BigDecimal.valueOf(MAX_REMAINDERS)) > 0) {
            throw new RefusedException(
                    "multipleOf " + divisor + " is not supported: expected a positive number of at most "
                            + MAX_DIVISOR_SCALE + " decimals whose digits are at most " + MAX_REMAINDERS);
        }
        int modulus = scaled.intValueExact();
        Nfa nfa = new Nfa();
        int start = nfa.state();
        int accept = nfa.state();
        // [scale + 1, modulus]: digits behind the point so far, and the remainder of all digits so far
        int[][] states = new int[scale + 1][modulus];
        for (int[] row : states) {
            for (int r = 0; r < modulus; r++) {
                row[r] = nfa.state();
            }
        }
        int signed = nfa.state();
        nfa.edge(start, '-', '-', signed);
        nfa.empty(start, signed);
        for (int digit = 0; digit < 10; digit++) {
            nfa.edge(signed, '0' + digit, '0' + digit, states[0][digit % modulus]);
        }
        int power = 1;
        for (int f = scale; f >= 0; f--) {
            for (int r = 0; r < modulus; r++) {
                if ((long) r * power % modulus == 0) {
                    nfa.empty(states[f][r], accept);
                }
                for (int digit = 0; digit < 10; digit++) {
                    int next = (10 * r + digit) % modulus;
                    if (f == 0) {
                        nfa.edge(states[0][r], '0' + digit, '0' + digit, states[0][next]);
                    } else if (f < scale) {
                        nfa.edge(states[f][r], '0' + digit, '0' + digit, states[f + 1][next]);
                    }
                }
            }
            power = power * 10 % modulus;
        }
        addFractions(nfa, states, modulus);
        return Determinizer.determinize(nfa, start, accept);
    }

    private static void addFractions(Nfa nfa, int[][] states, int modulus) throws RefusedException {
        for (int r = 0; states.length > 1 && r < modulus; r++) {
            int point = nfa.state();
            nfa.edge(states[0][r], '.', '.', point);
            for (int digit = 0; digit < 10; digit++) {
                nfa.edge(point, '0' + digit, '0' + digit, states[1][(10 * r + digit) % modulus]);
            }
        }
    }

    /** Decimal numbers from a bound that is not negative up to another one or without end. */
    private static final class Range {
        private final Nfa nfa;
        private final int end;
        private final Bound low;
        private final @Nullable Bound high;
        private final boolean integer;
        private final String lowInteger;
        private final String lowFraction;
        private final String highInteger;
        private final String highFraction;

        Range(Nfa nfa, int end, Bound low, @Nullable Bound high, boolean integer) {
            this.nfa = nfa;
            this.end = end;
            this.low = low;
            this.high = high;
            this.integer = integer;
            lowInteger = low.integerDigits();
            lowFraction = low.fractionDigits();
            highInteger = high == null ? "" : high.integerDigits();
            highFraction = high == null ? "" : high.fractionDigits();
        }

        /** Numbers of each length separately: how a digit compares with a bound's depends on the length. */
        void add(int from) throws RefusedException {
            int digits = Math.max(integer ? INTEGER_DIGITS : DECIMAL_DIGITS, lowInteger.length());
            int longest = high == null ? digits : Math.min(Math.max(digits, lowInteger.length()), highInteger.length());
            for (int length = lowInteger.length(); length <= longest; length++) {
                boolean atLow = length == lowInteger.length();
                boolean atHigh = high != null && length == highInteger.length();
                integerDigits(from, length, 0, atLow, atHigh);
            }
        }

        /**
         * @param atLow whether the digits so far are those of the lower bound
         * @param atHigh whether the digits so far are those of the upper bound
         */
        private void integerDigits(int from, int length, int position, boolean atLow, boolean atHigh)
                throws RefusedException {
            if (position == length) {
                fraction(from, 0, atLow, atHigh);
                return;
            }
            char least = atLow ? lowInteger.charAt(position) : position == 0 && length > 1 ? '1' : '0';
            char most = atHigh ? highInteger.charAt(position) : '9';
            Next next = (state, isLow, isHigh) -> integerDigits(state, length, position + 1, isLow, isHigh);
            branch(least, most, atLow, atHigh, from, next);
        }

        private void fraction(int from, int position, boolean atLow, boolean atHigh) throws RefusedException {
            boolean aboveLow = !atLow || position >= lowFraction.length() && !low.excluded;
            boolean belowHigh = !atHigh || !(high != null && high.excluded) || position < highFraction.length();
            if (aboveLow && belowHigh) {
                nfa.empty(from, end);
            }
            int most = Math.max(FRACTION_DIGITS, Math.max(lowFraction.length(), highFraction.length()) + 1);
            if (integer || position == most) {
                return;
            }
            int at = from;
            if (position == 0) {
                at = nfa.state();
                nfa.edge(from, '.', '.', at);
            }
            char least = atLow && position < lowFraction.length() ? lowFraction.charAt(position) : '0';
            char highest = !atHigh ? '9' : position < highFraction.length() ? highFraction.charAt(position) : '0';
            branch(least, highest, atLow, atHigh, at, (s, isLow, isHigh) -> fraction(s, position + 1, isLow, isHigh));
        }

        private interface Next {
            void go(int state, boolean stillLow, boolean stillHigh) throws RefusedException;
        }

        /** The digits from {@code least} to {@code most}: those at the bounds go on under them, the rest freely. */
        private void branch(char least, char most, boolean atLow, boolean atHigh, int from, Next next)
                throws RefusedException {
            if (least > most) {
                return;
            }
            char first = least;
            char last = most;
            if (atLow) {
                next.go(edge(from, least, least), true, atHigh && least == most);
                first++;
            }
            if (atHigh && first <= last) {
                next.go(edge(from, most, most), false, true);
                last--;
            }
            if (first <= last) {
                next.go(edge(from, first, last), false, false);
            }
        }

        private int edge(int from, char first, char last) throws RefusedException {
            int to = nfa.state();
            nfa.edge(from, first, last, to);
            return to;
        }
    }
}
