package org.kimi4j.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TextSlicerTest {

    private static final String SPACES =
            " \t\n\u000b\f\r\u001c\u001d\u001e\u001f\u0085\u00a0\u1680\u2000\u200a\u2028\u2029\u202f\u205f\u3000";

    /** The slicing as it is described: windows of code points first, then runs inside of each window. */
    private static List<String> described(String text) {
        int[] c = text.codePoints().toArray();
        List<String> slices = new ArrayList<>();
        for (int window = 0; window < c.length; window += 400_000) {
            int end = Math.min(c.length, window + 400_000);
            int start = window;
            int run = 0;
            for (int i = window; i < end; i++) {
                boolean change = i > window && (SPACES.indexOf(c[i]) >= 0) != (SPACES.indexOf(c[i - 1]) >= 0);
                run = change ? 1 : run + 1;
                if (run > 25_000) {
                    slices.add(new String(c, start, i - start));
                    start = i;
                    run = 1;
                }
            }
            slices.add(new String(c, start, end - start));
        }
        return slices;
    }

    private static List<String> slices(String text) {
        List<String> slices = new ArrayList<>();
        int from = 0;
        for (int end : TextSlicer.ends(text)) {
            slices.add(text.substring(from, end));
            from = end;
        }
        return slices;
    }

    @Test
    void textsWithinTheLimitsAreOneSlice() {
        assertThat(TextSlicer.ends("")).containsExactly(0);
        assertThat(TextSlicer.ends("a".repeat(25_000))).containsExactly(25_000);
        assertThat(TextSlicer.ends("a ".repeat(200_000))).containsExactly(400_000);
    }

    @Test
    void aRunOfOneMoreThan25000IsCut() {
        assertThat(TextSlicer.ends("a".repeat(25_001))).containsExactly(25_000, 25_001);
        assertThat(TextSlicer.ends("x" + " ".repeat(25_001) + "x")).containsExactly(25_001, 25_003);
        assertThat(TextSlicer.ends("\ud83d\ude00".repeat(25_001))).containsExactly(50_000, 50_002);
        // The separators 1C to 1F are spaces to Python, though not White_Space.
        assertThat(TextSlicer.ends("\u001c".repeat(13_000) + "  ".repeat(6_001)))
                .containsExactly(25_000, 25_002);
    }

    @Test
    void everyWindowOf400000CodePointsStartsAnew() {
        assertThat(TextSlicer.ends("a ".repeat(200_000) + "b")).containsExactly(400_000, 400_001);
        assertThat(TextSlicer.ends("\ud83d\ude00 ".repeat(200_000) + "b")).containsExactly(600_000, 600_001);
        String text = " a".repeat(195_000) + "a".repeat(10_000) + "b".repeat(24_000);
        assertThat(slices(text)).isEqualTo(described(text));
    }

    @Test
    void equalsTheDescriptionOnRandomLongTexts() {
        long seed = 3;
        Random random = new Random(seed);
        for (int i = 0; i < 12; i++) {
            StringBuilder text = new StringBuilder();
            while (text.length() < 900_000) {
                String unit = random.nextBoolean()
                        ? SPACES.charAt(random.nextInt(SPACES.length())) + ""
                        : "a\u4e2d\ud83d\ude00";
                text.append(unit.repeat(1 + random.nextInt(random.nextBoolean() ? 10 : 40_000)));
            }
            assertThat(slices(text.toString())).as("seed %d, text %d", seed, i).isEqualTo(described(text.toString()));
        }
    }
}
