package org.kimi4j.tokenizer;

/** Vocabularies for the tests of other packages. */
public final class PublicVocabularies {

    private PublicVocabularies() {}

    /** The first so many ranks of o200k, and K2.5's control tokens behind them. */
    public static Tokenizer o200k(int size) {
        return TestVocabularies.tokenizer(TestVocabularies.o200k(size));
    }
}
