/*
 * Decoding with llama.cpp at a long context without reading it first: benchmarks/llama-bench.sh runs it in place of
 * llama-bench where DEPTH is set and LLAMA_DEPTH names this program.
 *
 *     cc -O2 tools/gguf/llama_depth.c -o llama-depth -lllama -lggml
 *     ./llama-depth slice.gguf THREADS DEPTH TOKENS REPETITIONS
 *
 * 512 random tokens are read, and their part of the cache is copied until DEPTH positions are filled. A step then reads as many
 * cached positions and computes as much as after a prompt of DEPTH tokens; positions are small, as are the rows that differ, which
 * changes no amount of work. The output is a table with llama-bench's names of columns.
 */
#include <ggml-backend.h>
#include <llama.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { READ = 512 };

static void fail(const char *what) {
    fprintf(stderr, "llama-depth: %s failed\n", what);
    exit(1);
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

static llama_token next(int vocabulary) {
    return rand() % vocabulary;
}

/* Warnings, and which library of kernels was chosen. */
static void quiet(enum ggml_log_level level, const char *text, void *unused) {
    (void) unused;
    if (level >= GGML_LOG_LEVEL_WARN || strstr(text, "load_backend: loaded")) fputs(text, stderr);
}

int main(int count, char **argument) {
    if (count != 6) {
        fprintf(stderr, "usage: llama-depth MODEL THREADS DEPTH TOKENS REPETITIONS\n");
        return 2;
    }
    int threads = atoi(argument[2]), depth = atoi(argument[3]), tokens = atoi(argument[4]), repetitions = atoi(argument[5]);
    if (threads < 1 || depth < READ || depth % READ != 0 || tokens < 1 || repetitions < 1) {
        fprintf(stderr, "llama-depth: expected a DEPTH that is a multiple of %d, and at least one of everything else\n", READ);
        return 2;
    }
    llama_log_set(quiet, NULL);
    ggml_backend_load_all();
    struct llama_model *model = llama_model_load_from_file(argument[1], llama_model_default_params());
    if (!model) fail("loading the model");
    struct llama_context_params parameters = llama_context_default_params();
    parameters.n_ctx = depth + tokens + 1;
    parameters.n_seq_max = 2;
    parameters.kv_unified = true;
    parameters.n_threads = parameters.n_threads_batch = threads;
    struct llama_context *context = llama_init_from_model(model, parameters);
    if (!context) fail("making a context");
    llama_memory_t memory = llama_get_memory(context);
    int vocabulary = llama_vocab_n_tokens(llama_model_get_vocab(model));

    llama_token prompt[READ];
    for (int i = 0; i < READ; i++) prompt[i] = next(vocabulary);
    if (llama_decode(context, llama_batch_get_one(prompt, READ))) fail("reading a prompt");
    size_t size = llama_state_seq_get_size(context, 0);
    uint8_t *state = malloc(size);
    if (!state || llama_state_seq_get_data(context, state, size, 0) != size) fail("taking the cache");
    for (int filled = READ; filled < depth; filled += READ) {
        if (!llama_state_seq_set_data(context, state, size, 1)) fail("copying the cache");
        llama_memory_seq_cp(memory, 1, 0, -1, -1);
        llama_memory_seq_rm(memory, 1, -1, -1);
    }
    free(state);

    double sum = 0;
    for (int repetition = -1; repetition < repetitions; repetition++) {
        double began = now();
        for (int i = 0; i < tokens; i++) {
            llama_token token = next(vocabulary);
            if (llama_decode(context, llama_batch_get_one(&token, 1))) fail("decoding");
            llama_synchronize(context);
        }
        if (repetition >= 0) sum += tokens / (now() - began);
        /* Back to the depth asked for. */
        if (!llama_memory_seq_rm(memory, 0, READ, -1)) fail("shortening the cache");
    }
    printf("n_threads,n_depth,n_gen,avg_ts\n%d,%d,%d,%f\n", threads, depth, tokens, sum / repetitions);
    llama_free(context);
    llama_model_free(model);
    return 0;
}
