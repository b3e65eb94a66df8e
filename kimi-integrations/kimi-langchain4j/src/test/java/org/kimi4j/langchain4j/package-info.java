@NullMarked
package org.kimi4j.langchain4j;

import org.jspecify.annotations.NullMarked;
