/**
 * Checkpoints in Kimi K2.5's layout for tests: whole ones in any size, damaged ones, and comparison of tensors. Depends on
 * no other Kimi module, so that it is a second, independent reading of the formats.
 */
module org.kimi4j.testkit {
    requires static transitive org.jspecify;

    exports org.kimi4j.testkit;
}
