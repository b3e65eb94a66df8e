/** Java records as JSON schemas, and JSON as records: the only reflection of the library. */
@NullMarked
package org.kimi4j.schema;

import org.jspecify.annotations.NullMarked;
