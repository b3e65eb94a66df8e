# Read by kimi and benchmarks/run, which say what fail does. find_jdk sets jdk to the folder of a JDK 25: KIMI_JAVA_HOME,
# JAVA_HOME, that of the javac on PATH, or the first in the usual folders.

is_jdk25() {
    [ -x "$1/bin/javac" ] && [ -r "$1/release" ] && grep -q '^JAVA_VERSION="25[.+"-]' "$1/release"
}

find_jdk() {
    if [ -n "${KIMI_JAVA_HOME:-}" ]; then
        is_jdk25 "$KIMI_JAVA_HOME" || fail "KIMI_JAVA_HOME=$KIMI_JAVA_HOME is not a JDK 25"
        jdk=$KIMI_JAVA_HOME
        return
    fi
    on_path=$(command -v javac 2>/dev/null || true)
    while [ -n "$on_path" ] && [ -h "$on_path" ]; do
        target=$(readlink "$on_path")
        case $target in
            /*) on_path=$target ;;
            *) on_path=$(dirname -- "$on_path")/$target ;;
        esac
    done
    home=${HOME:-/nonexistent}
    for jdk in "${JAVA_HOME:-/nonexistent}" "${on_path%/bin/javac}" \
        /usr/lib/jvm/* /usr/java/* /usr/local/java/* /usr/local/openjdk-25 /opt/java/* /opt/jdk* /opt/jdk*/* \
        "$home"/.sdkman/candidates/java/* "$home"/.jdks/* "$home"/.asdf/installs/java/* \
        "$home"/.local/share/mise/installs/java/* "$home"/.jenv/versions/* \
        /Library/Java/JavaVirtualMachines/*/Contents/Home "$home"/Library/Java/JavaVirtualMachines/*/Contents/Home \
        /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home \
        /usr/local/opt/openjdk*/libexec/openjdk.jdk/Contents/Home; do
        if is_jdk25 "$jdk"; then
            return
        fi
    done
    fail "needs a JDK 25: found none in JAVA_HOME, on PATH or in the usual folders; install one (for example" \
        "Eclipse Temurin 25) or name its folder in KIMI_JAVA_HOME"
}
