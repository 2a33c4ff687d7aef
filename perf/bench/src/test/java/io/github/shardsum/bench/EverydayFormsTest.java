package io.github.shardsum.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.ops.Creation;
import io.github.shardsum.ops.Elementwise;
import io.github.shardsum.ops.Logic;
import io.github.shardsum.ops.Movement;
import io.github.shardsum.ops.Reductions;
import io.github.shardsum.ops.Sampler;
import io.github.shardsum.ops.Target;
import io.github.shardsum.ops.TopK;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Operations that write into a given result allocate none. */
class EverydayFormsTest {
  private static final List<Class<?>> OPERATIONS =
      List.of(
          Elementwise.class,
          Logic.class,
          Movement.class,
          Reductions.class,
          Creation.class,
          Sampler.class);

  /** Room for the objects that describe a call; the operands have a megabyte. */
  private static final long BYTES = 64 << 10;

  private static final Pattern LINE = Pattern.compile("(\\d+) bytes: (.*)");

  @TempDir private Path folder;

  private static List<Method> methods(Class<?> type) {
    return Stream.of(type.getDeclaredMethods())
        .filter(method -> Modifier.isPublic(method.getModifiers()))
        .toList();
  }

  @Test
  void noneIntoAGivenResultAllocatesAnother() throws Exception {
    // Plain loops, whose allocation does not depend on what C2 has compiled.
    List<String> flags = List.of("-Dshardsum.kernels=scalar", "-Xmx1g");
    List<String> printed = KernelJvm.run(folder, EverydayForms.class, flags);
    Set<String> measured = new TreeSet<>();
    List<String> large = new ArrayList<>();
    for (String line : printed) {
      Matcher matcher = LINE.matcher(line);
      if (matcher.matches()) {
        String name = matcher.group(2).split(" ", 2)[0];
        measured.add(name);
        // StrictMath.cos makes an array a call.
        if (Long.parseLong(matcher.group(1)) > BYTES && !name.equals("normal")) {
          large.add(line);
        }
      }
    }
    assertEquals(List.of(), large);
    Set<String> all = new TreeSet<>();
    for (Class<?> type : OPERATIONS) {
      methods(type).stream()
          .filter(EverydayFormsTest::writes)
          .forEach(method -> all.add(method.getName().replaceFirst("Into$", "")));
    }
    assertEquals(all, measured);
  }

  private static boolean writes(Method method) {
    List<Class<?>> parameters = List.of(method.getParameterTypes());
    return parameters.contains(Target.class)
        || parameters.contains(TopK.class)
        || method.getName().endsWith("Into");
  }
}
