@NullMarked
package org.kimi4j.examples;

import org.jspecify.annotations.NullMarked;
