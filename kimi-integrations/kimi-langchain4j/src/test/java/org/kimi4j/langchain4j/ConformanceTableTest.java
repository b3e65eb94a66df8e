package org.kimi4j.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** The page shows what came of the run. */
@Order(Integer.MAX_VALUE)
class ConformanceTableTest {

    private static final Path PAGE = Path.of("../../docs/howto/langchain4j.md");
    private static final String BEGIN = "<!-- written by ConformanceTableTest -->\n";
    private static final String END = "<!-- end -->\n";

    @Test
    void thePageHasTheTableOfThisRun() throws IOException {
        assumeTrue(ConformanceTable.isWhole(), "the tests of the kit did not run in this JVM");
        String table = ConformanceTable.markdown();
        String page = Files.readString(PAGE);
        int begin = page.indexOf(BEGIN) + BEGIN.length();
        String expected = page.substring(0, begin) + table + page.substring(page.indexOf(END));
        if (Boolean.getBoolean("kimi.docs.update")) {
            Files.writeString(PAGE, expected);
        }

        assertThat(Files.readString(PAGE))
                .describedAs("run with -Dkimi.docs.update=true to write it")
                .isEqualTo(expected);
        assertThat(table).doesNotContain("FAILS");
    }
}
