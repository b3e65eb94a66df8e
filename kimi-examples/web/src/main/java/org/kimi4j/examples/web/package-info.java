/** A chat in the browser on Spring Boot and Spring AI. */
@NullMarked
package org.kimi4j.examples.web;

import org.jspecify.annotations.NullMarked;
