# For bash, sourced: finds a JDK 25 in the order of Maven's toolchain search, so that all run the same JDK.
JDK=25
JDK_NOT_FOUND="JDK $JDK not found: install it, e.g. \`apt-get install openjdk-$JDK-jdk\` or \`sdk install java $JDK-tem\`, or set JAVA${JDK}_HOME to the folder of one."

is_jdk() {
  [[ -x $1/bin/java && -x $1/bin/javac && -r $1/release ]] || return 1
  local line
  while IFS= read -r line || [[ -n $line ]]; do
    [[ $line == "JAVA_VERSION=\"$JDK"[.\"-]* ]] && return 0
  done <"$1/release"
  return 1
}

# Prints the folder of the first one; fails if there is none.
find_jdk() {
  local var=JAVA${JDK}_HOME home on_path
  on_path=$(command -v java || true)
  [[ -z $on_path ]] || on_path=$(dirname "$(dirname "$(readlink -f "$on_path")")")
  for home in "${!var:-}" "${JAVA_HOME:-}" "$on_path" /usr/lib/jvm/* "${HOME:-}"/.sdkman/candidates/java/* \
    "${HOME:-}"/.jdks/* "${HOME:-}"/.m2/jdks/* /Library/Java/JavaVirtualMachines/*/Contents/Home; do
    if [[ -n $home ]] && is_jdk "$home"; then
      printf '%s\n' "$home"
      return
    fi
  done
  return 1
}
