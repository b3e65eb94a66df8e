/** Tools that the model calls, and the loop that runs them. */
@org.jspecify.annotations.NullMarked
module org.kimi4j.agents {
    requires static transitive org.jspecify;
    requires transitive org.kimi4j.core;

    exports org.kimi4j.agents;
}
