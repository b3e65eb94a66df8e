@NullMarked
package org.kimi4j.cli;

import org.jspecify.annotations.NullMarked;
