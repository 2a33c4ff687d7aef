package io.github.shardsum.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.shardsum.exec.Workers;
import io.github.shardsum.ops.Axes;
import io.github.shardsum.ops.Creation;
import io.github.shardsum.ops.Elementwise;
import io.github.shardsum.ops.Logic;
import io.github.shardsum.ops.Movement;
import io.github.shardsum.ops.Reductions;
import io.github.shardsum.ops.Sampler;
import io.github.shardsum.ops.Softmax;
import io.github.shardsum.ops.Statistics;
import io.github.shardsum.ops.TopK;
import io.github.shardsum.tensor.Tensor;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every operation has its forms, and those that write into a given result allocate none. */
class EverydayFormsTest {
  private static final List<Class<?>> OPERATIONS =
      List.of(
          Elementwise.class,
          Logic.class,
          Movement.class,
          Reductions.class,
          Statistics.class,
          Softmax.class);

  /** Room for the objects that describe a call; the operands have a megabyte. */
  private static final long BYTES = 64 << 10;

  private static final Pattern LINE = Pattern.compile("(\\d+) bytes: (.*)");

  @TempDir private Path folder;

  @Test
  void eachHasAFormWithoutWorkersAndOneIntoAGivenResult() {
    List<String> missing = new ArrayList<>();
    for (Class<?> type : OPERATIONS) {
      for (Method method : methods(type)) {
        List<Class<?>> parameters = List.of(method.getParameterTypes());
        if (parameters.contains(Workers.class)) {
          if (!has(type, method.getName(), parameters.subList(1, parameters.size()))) {
            missing.add(method + " without workers");
          }
        } else if (method.getReturnType() == Tensor.class
            && !has(type, method.getName() + "Into", into(parameters))) {
          missing.add(method + " into a given result");
        }
      }
    }
    assertEquals(List.of(), missing);
  }

  private static List<Method> methods(Class<?> type) {
    return Stream.of(type.getDeclaredMethods())
        .filter(method -> Modifier.isPublic(method.getModifiers()))
        .toList();
  }

  /** The parameters of the form into a given result, of one that makes it. */
  private static List<Class<?>> into(List<Class<?>> parameters) {
    List<Class<?>> into = new ArrayList<>(List.of(Tensor.class));
    into.addAll(parameters);
    return into;
  }

  /**
   * Whether there is such a method: over one axis that over several will do, over all or some the
   * one over {@code Axes}, and of a sample the one with its degrees of freedom.
   */
  private static boolean has(Class<?> type, String name, List<Class<?>> parameters) {
    List<Class<?>> plain = new ArrayList<>(parameters);
    plain.removeIf(each -> each == int[].class || each == int.class || each == Axes.class);
    return methods(type).stream()
        .filter(method -> method.getName().equals(name))
        .map(method -> List.of(method.getParameterTypes()))
        .anyMatch(
            found -> {
              List<Class<?>> rest = new ArrayList<>(found);
              rest.removeIf(each -> each == int[].class || each == int.class || each == Axes.class);
              return found.equals(parameters) || (over(found) && rest.equals(plain));
            });
  }

  private static boolean over(List<Class<?>> parameters) {
    Class<?> last = parameters.getLast();
    return last == int[].class || last == Axes.class;
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
    for (Class<?> type : all(OPERATIONS)) {
      methods(type).stream()
          .map(Method::getName)
          .filter(name -> name.endsWith("Into"))
          .forEach(name -> all.add(name.substring(0, name.length() - "Into".length())));
    }
    assertEquals(all, measured);
  }

  private static List<Class<?>> all(List<Class<?>> some) {
    List<Class<?>> all = new ArrayList<>(some);
    all.addAll(Arrays.asList(TopK.class, Creation.class, Sampler.class));
    return all;
  }
}
