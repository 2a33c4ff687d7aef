package io.github.shardsum.cli.launch;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The script that mpirun starts in place of each process: a shell that runs the program and then
 * reports the rank and the exit status, even if it is 0, since other ranks may wait for this one in
 * vain. Open MPI reports exits in its own words, MPICH without the rank.
 *
 * <p>No process outlives the one that started it: the kernel ends it ({@code setpriv} of
 * util-linux), since a killed mpirun cleans up nothing.
 */
final class RankScript {
  /** The beginning of each line in which a shell reports the end of a process. */
  static final String MARK = "shardsum launch: rank ";

  private static final Pattern REPORT =
      Pattern.compile(Pattern.quote(MARK) + "(\\S+) on (\\S+) (.*)");

  /**
   * The parts are the rank, whether mpirun itself ended the process, and the report. If mpirun
   * ended the process, its signal is expected, and only an exit status is reported.
   */
  private static final String SCRIPT =
      """
      rank=${OMPI_COMM_WORLD_RANK:-${PMIX_RANK:-${PMI_RANK:-unknown}}}
      asked=
      trap 'asked=yes; kill -TERM "$child" 2>/dev/null' TERM INT HUP
      # A shell gives a program in the background no input but what is named. MPICH leaves that of
      # the other ranks open without an end.
      case $rank in
        0 | unknown) exec 3<&0 ;;
        *) exec 3</dev/null ;;
      esac
      if command -v setpriv >/dev/null 2>&1; then
        setpriv --pdeathsig KILL -- "$@" <&3 3<&- &
      else
        "$@" <&3 3<&- &
      fi
      child=$!
      # A signal that came before the child had a number is passed on now.
      [ -z "$asked" ] || kill -TERM "$child" 2>/dev/null
      exec 3<&-
      wait "$child"
      status=$?
      while kill -0 "$child" 2>/dev/null; do
        wait "$child"
        status=$?
      done
      if [ -z "$asked" ] || { [ "$status" -ne 0 ] && [ "$status" -lt 128 ]; }; then
        how="ended with status $status"
        # A shell says 128 + n of signal n, of which there are 64; 255 is a program's own.
        [ "$status" -le 128 ] || [ "$status" -gt 192 ] || how="was ended by signal $((status - 128))"
        printf 'shardsum launch: rank %s on %s %s\\n' "$rank" "$(uname -n)" "$how" >&2
      fi
      exit "$status"
      """;

  /** The end of a process. */
  record Report(String rank, String host, String how) {
    private static final String WELL = "ended with status 0";

    boolean isWell() {
      return how.equals(WELL);
    }

    @Override
    public String toString() {
      return "rank " + rank + " on " + host + " " + how;
    }
  }

  private RankScript() {}

  /**
   * The command that runs a program as a rank.
   *
   * @param command the program and its arguments
   * @param tied whether the program ends with mpirun
   * @param path the folders of programs, if they differ from mpirun's
   */
  static List<String> wrap(List<String> command, boolean tied, Optional<String> path) {
    List<String> wrapped = new ArrayList<>();
    if (tied) {
      wrapped.addAll(List.of("setpriv", "--pdeathsig", "KILL", "--"));
    }
    path.ifPresent(folders -> wrapped.addAll(List.of("env", "PATH=" + folders)));
    wrapped.addAll(List.of("sh", "-c", SCRIPT, "shardsum-rank"));
    wrapped.addAll(command);
    return wrapped;
  }

  /** The report in a line of a shell's standard error, if there is one. */
  static List<Report> reports(String line) {
    Matcher matcher = REPORT.matcher(line);
    return matcher.find()
        ? List.of(new Report(matcher.group(1), matcher.group(2), matcher.group(3)))
        : List.of();
  }
}
