package org.kimi4j.benchmarks.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class AlternationTest {

    private static Work noting(String name, List<String> log) {
        return new Work(name, 1, 1, () -> log.add(name));
    }

    @Test
    void everyRoundRunsEachWorkOnceAndBeginsWithAnother() {
        List<String> log = new ArrayList<>();
        List<Series> run = new Alternation(4, 0, 0).run(List.of(noting("a", log), noting("b", log), noting("c", log)));
        // One run each to warm up, then the rounds; with no minimum a sample is one run.
        assertThat(String.join("", log)).isEqualTo("abc" + "abc" + "bca" + "cab" + "abc");
        assertThat(run).extracting(s -> s.work().name()).containsExactly("a", "b", "c");
        assertThat(run).allSatisfy(s -> assertThat(s.seconds()).hasSize(4).doesNotContain(0));
    }

    @Test
    void aShortWorkIsRepeatedUntilASampleIsLongEnough() {
        List<String> log = new ArrayList<>();
        new Alternation(1, 5, 1).run(List.of(noting("a", log)));
        assertThat(log.size()).isGreaterThan(100);
    }

    @Test
    void processorTimeLeavesOutWhatTheThreadDidNotRun() {
        Work sleeps = new Work("sleeps", 1, 1, () -> Thread.sleep(50));
        Series own = new Alternation(2, 0, 0, true).run(List.of(sleeps)).getFirst();
        Series clock = new Alternation(2, 0, 0).run(List.of(sleeps)).getFirst();
        assertThat(own.seconds()[1]).isLessThan(0.04);
        assertThat(clock.seconds()[1]).isGreaterThan(0.04);
    }

    @Test
    void aRatioIsTheMedianOfTheRoundsRatiosNotTheRatioOfMedians() {
        Work a = new Work("a", 10, 0, () -> {});
        Work b = new Work("b", 20, 0, () -> {});
        Series ours = new Series(a, new double[] {1, 2, 3}, OptionalDouble.empty());
        Series theirs = new Series(b, new double[] {3, 2, 1}, OptionalDouble.empty());
        assertThat(ours.bytesRatio(theirs)).isEqualTo(0.5, within(1e-12)); // of 1.5, 0.5 and 1/6
        assertThat(theirs.gigabytesPerSecond()).isEqualTo(10e-9, within(1e-18));
    }

    @Test
    void quantilesLieBetweenSamplesByProportion() {
        double[] samples = {4, 1, 2, 3};
        assertThat(Series.quantile(samples, 0)).isEqualTo(1);
        assertThat(Series.quantile(samples, 0.5)).isEqualTo(2.5);
        assertThat(Series.quantile(samples, 1)).isEqualTo(4);
        assertThat(samples).containsExactly(4, 1, 2, 3);
    }
}
