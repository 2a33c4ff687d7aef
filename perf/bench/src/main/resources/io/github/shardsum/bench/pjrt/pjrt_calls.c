// PJRT's functions called from C: what they cost without a binding.
//
// Built by `cc -O2 -shared -fPIC -o pjrt_calls.so pjrt_calls.c -ldl` (NativeCalls.java does), and loaded into the same process and onto the same plugin as
// the binding. Structs are those of pjrt_c_api.h at API 0.114, as far as they are used here; a plugin takes structs that are
// longer than its own.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef void* Function(void* arguments);

// Places in the table of functions, after 40 bytes of sizes and versions.
enum {
  ERROR_MESSAGE = 1,
  EVENT_DESTROY = 5,
  EVENT_IS_READY = 6,
  EVENT_AWAIT = 8,
  CLIENT_CREATE = 10,
  CLIENT_DESTROY = 11,
  CLIENT_ADDRESSABLE_DEVICES = 16,
  CLIENT_LOOKUP_DEVICE = 17,
  CLIENT_COMPILE = 20,
  BUFFER_FROM_HOST_BUFFER = 22,
  LOADED_EXECUTABLE_DESTROY = 50,
  EXECUTE = 55,
  BUFFER_DESTROY = 58,
  BUFFER_DIMENSIONS = 60,
  BUFFER_IS_DELETED = 68,
  BUFFER_TO_HOST_BUFFER = 70,
  BUFFER_READY_EVENT = 72,
};

#define HEAD \
  size_t struct_size; \
  void* extension_start

typedef struct { HEAD; void* object; } Object;
typedef struct { HEAD; void* object; bool flag; } Flag;
typedef struct { HEAD; void* object; void* result; } Result;
typedef struct { HEAD; void* error; const char* message; size_t message_size; } Message;
typedef struct { HEAD; void* object; void* list; size_t count; } List;
typedef struct { HEAD; void* client; int id; void* device; } Lookup;
typedef struct { HEAD; const char* name; size_t name_size; int type; int64_t value; size_t value_size; } NamedValue;
typedef struct {
  HEAD; NamedValue* options; size_t num_options; void* unused[4]; void* client; void* unused_try[2];
} ClientCreate;
typedef struct { HEAD; const char* code; size_t code_size; const char* format; size_t format_size; } Program;
typedef struct { HEAD; void* client; Program* program; const char* options; size_t options_size; void* executable; } Compile;
typedef struct {
  HEAD; void* client; const void* data; int type; const int64_t* dims; size_t num_dims; void* byte_strides;
  size_t num_byte_strides; int semantics; void* device; void* memory; void* device_layout; void* done; void* buffer;
} FromHost;
typedef struct {
  HEAD; void* callbacks[2]; size_t num_callbacks[2]; int launch_id; void* kept; size_t num_kept; void* context;
  const char* call_location; size_t num_tasks; void* tasks[3]; bool layout; void* output_callbacks; size_t num_output_callbacks;
} ExecuteOptions;
typedef struct {
  HEAD; void* executable; ExecuteOptions* options; void*** arguments; size_t num_devices; size_t num_arguments;
  void*** outputs; void** events; void* device;
} Execute;
typedef struct {
  size_t struct_size; void* extension_start; int64_t* minor_to_major; size_t rank; void* tiles; void* tile_sizes; size_t num_tiles;
} Tiled;
typedef struct { HEAD; Tiled tiled; int type; } Layout;
typedef struct { HEAD; void* source; Layout* layout; void* target; size_t target_size; void* event; } ToHost;

typedef struct {
  Function** functions;
  void* client;
  void* device;
  void* program;
  void* buffer;
  void* event;
} State;

static void must(State* state, void* error, const char* call) {
  if (error == NULL) return;
  Message message = {sizeof message, NULL, error, NULL, 0};
  state->functions[ERROR_MESSAGE](&message);
  fprintf(stderr, "%s: %.*s\n", call, (int)message.message_size, message.message);
  abort();
}

#define CALL(slot, arguments) must(state, state->functions[slot](&(arguments)), #slot)

static void destroy(State* state, int slot, void* object) {
  Object arguments = {sizeof arguments, NULL, object};
  must(state, state->functions[slot](&arguments), "destroy");
}

static void* from_host(State* state, const float* data, int64_t count, int semantics, void** done) {
  FromHost arguments = {sizeof arguments, NULL, state->client, data, 11, &count, 1};
  arguments.semantics = semantics;
  arguments.device = state->device;
  CALL(BUFFER_FROM_HOST_BUFFER, arguments);
  *done = arguments.done;
  return arguments.buffer;
}

static void await(State* state, void* event) {
  Object arguments = {sizeof arguments, NULL, event};
  CALL(EVENT_AWAIT, arguments);
  destroy(state, EVENT_DESTROY, event);
}

// The state of one client on an open plugin, whose program takes two f32[3]; NULL if the library does not open.
State* calls_open(const char* library, const char* code, const char* options, size_t options_size) {
  void* handle = dlopen(library, RTLD_NOW | RTLD_NODELETE);
  void* (*entry)(void) = handle == NULL ? NULL : (void* (*)(void))dlsym(handle, "GetPjrtApi");
  if (entry == NULL) return NULL;
  State* state = calloc(1, sizeof *state);
  state->functions = (Function**)((char*)entry() + 40);
  NamedValue one = {sizeof one, NULL, "cpu_device_count", strlen("cpu_device_count"), 1, 1, 1};
  ClientCreate create = {sizeof create, NULL, &one, 1};
  CALL(CLIENT_CREATE, create);
  state->client = create.client;
  List devices = {sizeof devices, NULL, state->client, NULL, 0};
  CALL(CLIENT_ADDRESSABLE_DEVICES, devices);
  state->device = *(void**)devices.list;
  Program program = {sizeof program, NULL, code, strlen(code), "mlir", 4};
  Compile compile = {sizeof compile, NULL, state->client, &program, options, options_size, NULL};
  CALL(CLIENT_COMPILE, compile);
  state->program = compile.executable;
  float data[3] = {1, 2, 3};
  void* done;
  state->buffer = from_host(state, data, 3, 0, &done);
  await(state, done);
  Result ready = {sizeof ready, NULL, state->buffer, NULL};
  CALL(BUFFER_READY_EVENT, ready);
  state->event = ready.result;
  Object wait = {sizeof wait, NULL, state->event};
  CALL(EVENT_AWAIT, wait);
  return state;
}

void calls_close(State* state) {
  destroy(state, EVENT_DESTROY, state->event);
  destroy(state, BUFFER_DESTROY, state->buffer);
  destroy(state, LOADED_EXECUTABLE_DESTROY, state->program);
  destroy(state, CLIENT_DESTROY, state->client);
  free(state);
}

// Each of the following makes one call this many times, and gives a number that depends on all results.

int64_t calls_is_deleted(State* state, int64_t times) {
  int64_t sum = 0;
  for (int64_t i = 0; i < times; i++) {
    Flag arguments = {offsetof(Flag, flag) + 1, NULL, state->buffer, false};
    CALL(BUFFER_IS_DELETED, arguments);
    sum += arguments.flag;
  }
  return sum;
}

int64_t calls_is_ready(State* state, int64_t times) {
  int64_t sum = 0;
  for (int64_t i = 0; i < times; i++) {
    Flag arguments = {offsetof(Flag, flag) + 1, NULL, state->event, false};
    CALL(EVENT_IS_READY, arguments);
    sum += arguments.flag;
  }
  return sum;
}

int64_t calls_dimensions(State* state, int64_t times) {
  int64_t sum = 0;
  for (int64_t i = 0; i < times; i++) {
    List arguments = {sizeof arguments, NULL, state->buffer, NULL, 0};
    CALL(BUFFER_DIMENSIONS, arguments);
    sum += ((int64_t*)arguments.list)[0];
  }
  return sum;
}

int64_t calls_lookup(State* state, int64_t times) {
  int64_t sum = 0;
  for (int64_t i = 0; i < times; i++) {
    Lookup arguments = {sizeof arguments, NULL, state->client, 0, NULL};
    CALL(CLIENT_LOOKUP_DEVICE, arguments);
    sum += arguments.device == state->device;
  }
  return sum;
}

static void* execute(State* state, void** event) {
  void* row[2] = {state->buffer, state->buffer};
  void** rows[1] = {row};
  void* output[1] = {NULL};
  void** outputs[1] = {output};
  ExecuteOptions options = {sizeof options, NULL};
  Execute arguments = {sizeof arguments, NULL, state->program, &options, rows, 1, 2, outputs, event, NULL};
  CALL(EXECUTE, arguments);
  return output[0];
}

int64_t calls_execute(State* state, int64_t times) {
  int64_t sum = 0;
  for (int64_t i = 0; i < times; i++) {
    void* output = execute(state, NULL);
    sum += output != NULL;
    destroy(state, BUFFER_DESTROY, output);
  }
  return sum;
}

int64_t calls_execute_and_wait(State* state, int64_t times) {
  int64_t sum = 0;
  for (int64_t i = 0; i < times; i++) {
    void* event = NULL;
    void* output = execute(state, &event);
    await(state, event);
    sum += output != NULL;
    destroy(state, BUFFER_DESTROY, output);
  }
  return sum;
}

// Like HostTransfer: 0 copies during the call; the number of floats is the caller's.
int64_t calls_from_host(State* state, const float* data, int64_t count, int semantics, int64_t times) {
  int64_t sum = 0;
  for (int64_t i = 0; i < times; i++) {
    void* done;
    void* buffer = from_host(state, data, count, semantics, &done);
    sum += buffer != NULL;
    destroy(state, EVENT_DESTROY, done);
    destroy(state, BUFFER_DESTROY, buffer);
  }
  return sum;
}

int64_t calls_to_host(State* state, int64_t times) {
  int64_t sum = 0;
  for (int64_t i = 0; i < times; i++) {
    int64_t axis = 0;
    float* target = malloc(3 * sizeof *target);
    Layout layout = {sizeof layout, NULL, {sizeof(Tiled), NULL, &axis, 1}, 0};
    ToHost arguments = {sizeof arguments, NULL, state->buffer, &layout, target, 3 * sizeof *target, NULL};
    CALL(BUFFER_TO_HOST_BUFFER, arguments);
    await(state, arguments.event);
    sum += (int64_t)target[2];
    free(target);
  }
  return sum;
}

// The least work of a copy to a new buffer: new memory, and the copy.
int64_t calls_copy(const float* data, int64_t count, int64_t times) {
  int64_t sum = 0;
  for (int64_t i = 0; i < times; i++) {
    float* target = malloc(count * sizeof *target);
    memcpy(target, data, count * sizeof *target);
    sum += (int64_t)((volatile float*)target)[count - 1];
    free(target);
  }
  return sum;
}
