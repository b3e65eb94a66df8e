package org.kimi4j.quant;

import org.kimi4j.error.UnsupportedOptionException;

/**
 * What is quantised, and how.
 *
 * @param name as the command line says it
 * @param group most elements of a row that share a scale: 32, 64 or 128. A matrix whose rows are no multiple of it takes
 *     the largest of these sizes below it that fits
 */
public record Recipe(String name, int group) {

    private static final String TRUNK_INT8 = "trunk-int8";

    public Recipe {
        if (!name.equals(TRUNK_INT8)) {
            throw new UnsupportedOptionException("recipe \"" + name + "\": expected " + TRUNK_INT8);
        }
        if (group != 32 && group != 64 && group != 128) {
            throw new UnsupportedOptionException("group " + group + ": expected 32, 64 or 128");
        }
    }

    /**
     * What every token reads, in symmetric INT8: the projections of attention without kv_b_proj (whose halves are used as
     * a matrix and as a transposed one), shared experts, dense MLPs and the output head. Routed experts, the router,
     * norms, the embedding table and the vision tower stay as they are. Groups of 32; docs/quantization.md has the figures
     * behind that.
     */
    public static Recipe trunkInt8() {
        return new Recipe(TRUNK_INT8, 32);
    }

    /**
     * The recipe with this name.
     *
     * @throws UnsupportedOptionException if there is none
     */
    public static Recipe of(String name) {
        return new Recipe(name, 32);
    }

    /** This recipe with another size of groups. */
    public Recipe withGroup(int size) {
        return new Recipe(name, size);
    }

    /** The size of groups for rows of so many elements, 0 if none fits. */
    int groupFor(long cols) {
        for (int size = group; size >= 32; size /= 2) {
            if (cols % size == 0) {
                return size;
            }
        }
        return 0;
    }
}
