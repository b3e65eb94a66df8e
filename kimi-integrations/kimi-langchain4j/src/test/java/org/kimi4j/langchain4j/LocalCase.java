package org.kimi4j.langchain4j;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Stands for a test of the kit that needs what the bundled model does not know, and asserts the same of what it knows. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
@interface LocalCase {

    /** What the test as published needs. */
    String value();
}
