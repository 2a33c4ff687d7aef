package io.github.shardsum.internal.pjrt.abi;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The functions of {@code PJRT_Api} in the order of the table. A function that this binding calls
 * has the struct of its arguments.
 *
 * <p>Source: pjrt_c_api.h of openxla/xla at API 0.114. Since 0.57 functions have only been
 * appended. The minor version of a function is the version that added it; 0 for functions before
 * 0.29.
 */
public enum PjrtFunction {
  ERROR_DESTROY("PJRT_Error_Destroy", 0, "p error"),
  ERROR_MESSAGE("PJRT_Error_Message", 0, "p error, p message, l message_size"),
  ERROR_GET_CODE("PJRT_Error_GetCode", 0, "p error, i code"),
  PLUGIN_INITIALIZE("PJRT_Plugin_Initialize", 0, ""),
  PLUGIN_ATTRIBUTES("PJRT_Plugin_Attributes", 0, "p attributes, l num_attributes"),
  EVENT_DESTROY("PJRT_Event_Destroy", 0, "p event"),
  EVENT_IS_READY("PJRT_Event_IsReady", 0, "p event, b is_ready"),
  EVENT_ERROR("PJRT_Event_Error", 0, "p event"),
  EVENT_AWAIT("PJRT_Event_Await", 0, "p event"),
  EVENT_ON_READY("PJRT_Event_OnReady", 0, "p event, p callback, p user_arg"),
  CLIENT_CREATE(
      "PJRT_Client_Create",
      0,
      "p create_options, l num_options, p kv_get_callback, p kv_get_user_arg, p"
          + " kv_put_callback, p kv_put_user_arg, p client, p kv_try_get_callback, p"
          + " kv_try_get_user_arg"),
  CLIENT_DESTROY("PJRT_Client_Destroy", 0, "p client"),
  CLIENT_PLATFORM_NAME(
      "PJRT_Client_PlatformName", 0, "p client, p platform_name, l platform_name_size"),
  CLIENT_PROCESS_INDEX("PJRT_Client_ProcessIndex", 0, "p client, i process_index"),
  CLIENT_PLATFORM_VERSION(
      "PJRT_Client_PlatformVersion", 0, "p client, p platform_version, l platform_version_size"),
  CLIENT_DEVICES("PJRT_Client_Devices", 0, "p client, p devices, l num_devices"),
  CLIENT_ADDRESSABLE_DEVICES(
      "PJRT_Client_AddressableDevices",
      0,
      "p client, p addressable_devices, l num_addressable_devices"),
  CLIENT_LOOKUP_DEVICE("PJRT_Client_LookupDevice", 0, "p client, i id, p device"),
  CLIENT_LOOKUP_ADDRESSABLE_DEVICE(
      "PJRT_Client_LookupAddressableDevice",
      0,
      "p client, i local_hardware_id, p addressable_device"),
  CLIENT_ADDRESSABLE_MEMORIES(
      "PJRT_Client_AddressableMemories",
      0,
      "p client, p addressable_memories, l num_addressable_memories"),
  CLIENT_COMPILE(
      "PJRT_Client_Compile",
      0,
      "p client, p program, p compile_options, l compile_options_size, p executable"),
  CLIENT_DEFAULT_DEVICE_ASSIGNMENT(
      "PJRT_Client_DefaultDeviceAssignment",
      0,
      "p client, i num_replicas, i num_partitions, l default_assignment_size, p"
          + " default_assignment"),
  CLIENT_BUFFER_FROM_HOST_BUFFER(
      "PJRT_Client_BufferFromHostBuffer",
      0,
      "p client, p data, i type, p dims, l num_dims, p byte_strides, l"
          + " num_byte_strides, i host_buffer_semantics, p device, p memory, p device_layout,"
          + " p done_with_host_buffer, p buffer"),
  DEVICE_DESCRIPTION_ID("PJRT_DeviceDescription_Id", 0, "p device_description, i id"),
  DEVICE_DESCRIPTION_PROCESS_INDEX(
      "PJRT_DeviceDescription_ProcessIndex", 0, "p device_description, i process_index"),
  DEVICE_DESCRIPTION_ATTRIBUTES(
      "PJRT_DeviceDescription_Attributes",
      0,
      "p device_description, l num_attributes, p attributes"),
  DEVICE_DESCRIPTION_KIND(
      "PJRT_DeviceDescription_Kind", 0, "p device_description, p device_kind, l device_kind_size"),
  DEVICE_DESCRIPTION_DEBUG_STRING(
      "PJRT_DeviceDescription_DebugString",
      0,
      "p device_description, p debug_string, l debug_string_size"),
  DEVICE_DESCRIPTION_TO_STRING(
      "PJRT_DeviceDescription_ToString", 0, "p device_description, p to_string, l to_string_size"),
  DEVICE_GET_DESCRIPTION("PJRT_Device_GetDescription", 0, "p device, p device_description"),
  DEVICE_IS_ADDRESSABLE("PJRT_Device_IsAddressable", 0, "p device, b is_addressable"),
  DEVICE_LOCAL_HARDWARE_ID("PJRT_Device_LocalHardwareId", 0, "p device, i local_hardware_id"),
  DEVICE_ADDRESSABLE_MEMORIES(
      "PJRT_Device_AddressableMemories", 0, "p device, p memories, l num_memories"),
  DEVICE_DEFAULT_MEMORY("PJRT_Device_DefaultMemory", 0, "p device, p memory"),
  DEVICE_MEMORY_STATS(
      "PJRT_Device_MemoryStats",
      0,
      "p device, l bytes_in_use, l peak_bytes_in_use, b peak_bytes_in_use_is_set, l"
          + " num_allocs, b num_allocs_is_set, l largest_alloc_size, b"
          + " largest_alloc_size_is_set, l bytes_limit, b bytes_limit_is_set, l"
          + " bytes_reserved, b bytes_reserved_is_set, l peak_bytes_reserved, b"
          + " peak_bytes_reserved_is_set, l bytes_reservable_limit, b"
          + " bytes_reservable_limit_is_set, l largest_free_block_bytes, b"
          + " largest_free_block_bytes_is_set, l pool_bytes, b pool_bytes_is_set, l"
          + " peak_pool_bytes, b peak_pool_bytes_is_set, l peak_allocated_bytes, b"
          + " peak_allocated_bytes_is_set"),
  MEMORY_ID("PJRT_Memory_Id", 0, "p memory, i id"),
  MEMORY_KIND("PJRT_Memory_Kind", 0, "p memory, p kind, l kind_size"),
  MEMORY_DEBUG_STRING(
      "PJRT_Memory_DebugString", 0, "p memory, p debug_string, l debug_string_size"),
  MEMORY_TO_STRING("PJRT_Memory_ToString", 0, "p memory, p to_string, l to_string_size"),
  MEMORY_ADDRESSABLE_BY_DEVICES(
      "PJRT_Memory_AddressableByDevices", 0, "p memory, p devices, l num_devices"),
  EXECUTABLE_DESTROY("PJRT_Executable_Destroy", 0, "p executable"),
  EXECUTABLE_NAME(
      "PJRT_Executable_Name", 0, "p executable, p executable_name, l executable_name_size"),
  EXECUTABLE_NUM_REPLICAS("PJRT_Executable_NumReplicas", 0, "p executable, l num_replicas"),
  EXECUTABLE_NUM_PARTITIONS("PJRT_Executable_NumPartitions", 0, "p executable, l num_partitions"),
  EXECUTABLE_NUM_OUTPUTS("PJRT_Executable_NumOutputs", 0, "p executable, l num_outputs"),
  EXECUTABLE_SIZE_OF_GENERATED_CODE_IN_BYTES(
      "PJRT_Executable_SizeOfGeneratedCodeInBytes", 0, "p executable, l size_in_bytes"),
  EXECUTABLE_GET_COST_ANALYSIS(
      "PJRT_Executable_GetCostAnalysis", 0, "p executable, l num_properties, p properties"),
  EXECUTABLE_OUTPUT_MEMORY_KINDS(
      "PJRT_Executable_OutputMemoryKinds",
      0,
      "p executable, l num_outputs, p memory_kinds, p memory_kind_sizes"),
  EXECUTABLE_OPTIMIZED_PROGRAM("PJRT_Executable_OptimizedProgram", 0, "p executable, p program"),
  EXECUTABLE_SERIALIZE(
      "PJRT_Executable_Serialize",
      0,
      "p executable, p serialized_bytes, l serialized_bytes_size, p"
          + " serialized_executable, p serialized_executable_deleter"),
  LOADED_EXECUTABLE_DESTROY("PJRT_LoadedExecutable_Destroy", 0, "p executable"),
  LOADED_EXECUTABLE_GET_EXECUTABLE(
      "PJRT_LoadedExecutable_GetExecutable", 0, "p loaded_executable, p executable"),
  LOADED_EXECUTABLE_ADDRESSABLE_DEVICES(
      "PJRT_LoadedExecutable_AddressableDevices",
      0,
      "p executable, p addressable_devices, l num_addressable_devices"),
  LOADED_EXECUTABLE_DELETE("PJRT_LoadedExecutable_Delete", 0, "p executable"),
  LOADED_EXECUTABLE_IS_DELETED("PJRT_LoadedExecutable_IsDeleted", 0, "p executable, b is_deleted"),
  LOADED_EXECUTABLE_EXECUTE(
      "PJRT_LoadedExecutable_Execute",
      0,
      "p executable, p options, p argument_lists, l num_devices, l num_args, p"
          + " output_lists, p device_complete_events, p execute_device"),
  EXECUTABLE_DESERIALIZE_AND_LOAD(
      "PJRT_Executable_DeserializeAndLoad",
      0,
      "p client, p serialized_executable, l serialized_executable_size, p"
          + " loaded_executable, p overridden_serialized_compile_options, l"
          + " overridden_serialized_compile_options_size, p load_options"),
  LOADED_EXECUTABLE_FINGERPRINT(
      "PJRT_LoadedExecutable_Fingerprint",
      0,
      "p executable, p executable_fingerprint, l executable_fingerprint_size"),
  BUFFER_DESTROY("PJRT_Buffer_Destroy", 0, "p buffer"),
  BUFFER_ELEMENT_TYPE("PJRT_Buffer_ElementType", 0, "p buffer, i type"),
  BUFFER_DIMENSIONS("PJRT_Buffer_Dimensions", 0, "p buffer, p dims, l num_dims"),
  BUFFER_UNPADDED_DIMENSIONS("PJRT_Buffer_UnpaddedDimensions", 0),
  BUFFER_DYNAMIC_DIMENSION_INDICES("PJRT_Buffer_DynamicDimensionIndices", 0),
  BUFFER_GET_MEMORY_LAYOUT("PJRT_Buffer_GetMemoryLayout", 0),
  BUFFER_ON_DEVICE_SIZE_IN_BYTES(
      "PJRT_Buffer_OnDeviceSizeInBytes", 0, "p buffer, l on_device_size_in_bytes"),
  BUFFER_DEVICE("PJRT_Buffer_Device", 0, "p buffer, p device"),
  BUFFER_MEMORY("PJRT_Buffer_Memory", 0, "p buffer, p memory"),
  BUFFER_DELETE("PJRT_Buffer_Delete", 0, "p buffer"),
  BUFFER_IS_DELETED("PJRT_Buffer_IsDeleted", 0, "p buffer, b is_deleted"),
  BUFFER_COPY_TO_DEVICE("PJRT_Buffer_CopyToDevice", 0, "p buffer, p dst_device, p dst_buffer"),
  BUFFER_TO_HOST_BUFFER(
      "PJRT_Buffer_ToHostBuffer", 0, "p src, p host_layout, p dst, l dst_size, p event"),
  BUFFER_IS_ON_CPU("PJRT_Buffer_IsOnCpu", 0, "p buffer, b is_on_cpu"),
  BUFFER_READY_EVENT("PJRT_Buffer_ReadyEvent", 0, "p buffer, p event"),
  BUFFER_UNSAFE_POINTER("PJRT_Buffer_UnsafePointer", 0),
  BUFFER_INCREASE_EXTERNAL_REFERENCE_COUNT(
      "PJRT_Buffer_IncreaseExternalReferenceCount", 0, "p buffer"),
  BUFFER_DECREASE_EXTERNAL_REFERENCE_COUNT(
      "PJRT_Buffer_DecreaseExternalReferenceCount", 0, "p buffer"),
  BUFFER_OPAQUE_DEVICE_MEMORY_DATA_POINTER(
      "PJRT_Buffer_OpaqueDeviceMemoryDataPointer", 0, "p buffer, p device_memory_ptr"),
  COPY_TO_DEVICE_STREAM_DESTROY("PJRT_CopyToDeviceStream_Destroy", 0),
  COPY_TO_DEVICE_STREAM_ADD_CHUNK("PJRT_CopyToDeviceStream_AddChunk", 0),
  COPY_TO_DEVICE_STREAM_TOTAL_BYTES("PJRT_CopyToDeviceStream_TotalBytes", 0),
  COPY_TO_DEVICE_STREAM_GRANULE_SIZE("PJRT_CopyToDeviceStream_GranuleSize", 0),
  COPY_TO_DEVICE_STREAM_CURRENT_BYTES("PJRT_CopyToDeviceStream_CurrentBytes", 0),
  TOPOLOGY_DESCRIPTION_CREATE(
      "PJRT_TopologyDescription_Create",
      0,
      "p topology_name, l topology_name_size, p create_options, l num_options, p topology"),
  TOPOLOGY_DESCRIPTION_DESTROY("PJRT_TopologyDescription_Destroy", 0, "p topology"),
  TOPOLOGY_DESCRIPTION_PLATFORM_NAME(
      "PJRT_TopologyDescription_PlatformName",
      0,
      "p topology, p platform_name, l platform_name_size"),
  TOPOLOGY_DESCRIPTION_PLATFORM_VERSION(
      "PJRT_TopologyDescription_PlatformVersion",
      0,
      "p topology, p platform_version, l platform_version_size"),
  TOPOLOGY_DESCRIPTION_GET_DEVICE_DESCRIPTIONS(
      "PJRT_TopologyDescription_GetDeviceDescriptions",
      0,
      "p topology, p descriptions, l num_descriptions"),
  TOPOLOGY_DESCRIPTION_SERIALIZE(
      "PJRT_TopologyDescription_Serialize",
      0,
      "p topology, p serialized_bytes, l serialized_bytes_size, p serialized_topology,"
          + " p serialized_topology_deleter"),
  TOPOLOGY_DESCRIPTION_ATTRIBUTES(
      "PJRT_TopologyDescription_Attributes", 0, "p topology, p attributes, l num_attributes"),
  COMPILE(
      "PJRT_Compile",
      0,
      "p topology, p program, p compile_options, l compile_options_size, p client, p executable"),
  EXECUTABLE_OUTPUT_ELEMENT_TYPES(
      "PJRT_Executable_OutputElementTypes", 29, "p executable, p output_types, l num_output_types"),
  EXECUTABLE_OUTPUT_DIMENSIONS(
      "PJRT_Executable_OutputDimensions", 29, "p executable, l num_outputs, p dims, p dim_sizes"),
  BUFFER_COPY_TO_MEMORY("PJRT_Buffer_CopyToMemory", 32, "p buffer, p dst_memory, p dst_buffer"),
  CLIENT_CREATE_VIEW_OF_DEVICE_BUFFER("PJRT_Client_CreateViewOfDeviceBuffer", 33),
  EXECUTABLE_FINGERPRINT(
      "PJRT_Executable_Fingerprint",
      35,
      "p executable, p executable_fingerprint, l executable_fingerprint_size"),
  CLIENT_TOPOLOGY_DESCRIPTION("PJRT_Client_TopologyDescription", 36, "p client, p topology"),
  EXECUTABLE_GET_COMPILED_MEMORY_STATS(
      "PJRT_Executable_GetCompiledMemoryStats",
      40,
      "p executable, l generated_code_size_in_bytes, l argument_size_in_bytes, l"
          + " output_size_in_bytes, l alias_size_in_bytes, l temp_size_in_bytes, l"
          + " host_generated_code_size_in_bytes, l host_argument_size_in_bytes, l"
          + " host_output_size_in_bytes, l host_alias_size_in_bytes, l"
          + " host_temp_size_in_bytes, l peak_memory_in_bytes, l total_size_in_bytes, l"
          + " total_allocation_bytes, l indefinite_allocations, l peak_unpadded_heap_bytes"),
  MEMORY_KIND_ID("PJRT_Memory_Kind_Id", 48, "p memory, i kind_id"),
  EXECUTE_CONTEXT_CREATE("PJRT_ExecuteContext_Create", 52),
  EXECUTE_CONTEXT_DESTROY("PJRT_ExecuteContext_Destroy", 52),
  BUFFER_COPY_RAW_TO_HOST("PJRT_Buffer_CopyRawToHost", 56),
  ASYNC_HOST_TO_DEVICE_TRANSFER_MANAGER_DESTROY(
      "PJRT_AsyncHostToDeviceTransferManager_Destroy", 60),
  ASYNC_HOST_TO_DEVICE_TRANSFER_MANAGER_TRANSFER_DATA(
      "PJRT_AsyncHostToDeviceTransferManager_TransferData", 60),
  CLIENT_CREATE_BUFFERS_FOR_ASYNC_HOST_TO_DEVICE(
      "PJRT_Client_CreateBuffersForAsyncHostToDevice", 60),
  ASYNC_HOST_TO_DEVICE_TRANSFER_MANAGER_RETRIEVE_BUFFER(
      "PJRT_AsyncHostToDeviceTransferManager_RetrieveBuffer", 62),
  ASYNC_HOST_TO_DEVICE_TRANSFER_MANAGER_DEVICE("PJRT_AsyncHostToDeviceTransferManager_Device", 62),
  ASYNC_HOST_TO_DEVICE_TRANSFER_MANAGER_BUFFER_COUNT(
      "PJRT_AsyncHostToDeviceTransferManager_BufferCount", 62),
  ASYNC_HOST_TO_DEVICE_TRANSFER_MANAGER_BUFFER_SIZE(
      "PJRT_AsyncHostToDeviceTransferManager_BufferSize", 62),
  ASYNC_HOST_TO_DEVICE_TRANSFER_MANAGER_SET_BUFFER_ERROR(
      "PJRT_AsyncHostToDeviceTransferManager_SetBufferError", 62),
  ASYNC_HOST_TO_DEVICE_TRANSFER_MANAGER_ADD_METADATA(
      "PJRT_AsyncHostToDeviceTransferManager_AddMetadata", 62),
  CLIENT_DMA_MAP("PJRT_Client_DmaMap", 67),
  CLIENT_DMA_UNMAP("PJRT_Client_DmaUnmap", 67),
  CLIENT_CREATE_UNINITIALIZED_BUFFER("PJRT_Client_CreateUninitializedBuffer", 69),
  CLIENT_UPDATE_GLOBAL_PROCESS_INFO("PJRT_Client_UpdateGlobalProcessInfo", 73),
  TOPOLOGY_DESCRIPTION_DESERIALIZE(
      "PJRT_TopologyDescription_Deserialize",
      75,
      "p serialized_topology, l serialized_topology_size, p topology"),
  CLIENT_CREATE_ALIAS_BUFFER("PJRT_Client_CreateAliasBuffer", 77),
  CLIENT_FULFILL_ALIAS_BUFFER("PJRT_Client_FulfillAliasBuffer", 77),
  LOADED_EXECUTABLE_GET_DEVICE_ASSIGNMENT("PJRT_LoadedExecutable_GetDeviceAssignment", 79),
  CLIENT_CREATE_ERROR_BUFFER("PJRT_Client_CreateErrorBuffer", 82),
  ASYNC_HOST_TO_DEVICE_TRANSFER_MANAGER_TRANSFER_LITERAL(
      "PJRT_AsyncHostToDeviceTransferManager_TransferLiteral", 83),
  BUFFER_COPY_RAW_TO_HOST_FUTURE("PJRT_Buffer_CopyRawToHostFuture", 84),
  DEVICE_POISON_EXECUTION("PJRT_Device_PoisonExecution", 85),
  DEVICE_CREATE_ASYNC_TRACKING_EVENT("PJRT_Device_CreateAsyncTrackingEvent", 86),
  ASYNC_TRACKING_EVENT_DESTROY("PJRT_AsyncTrackingEvent_Destroy", 86),
  EXECUTABLE_GET_COMPILE_OPTIONS("PJRT_Executable_GetCompileOptions", 87),
  BUFFER_DONATE_WITH_CONTROL_DEPENDENCY("PJRT_Buffer_DonateWithControlDependency", 88),
  EVENT_CREATE("PJRT_Event_Create", 89),
  EVENT_SET("PJRT_Event_Set", 89),
  DEVICE_GET_ATTRIBUTES("PJRT_Device_GetAttributes", 92),
  CLIENT_LOAD(
      "PJRT_Client_Load",
      95,
      "p client, p executable, p compile_options, l compile_options_size, p loaded_executable"),
  LOADED_EXECUTABLE_ADDRESSABLE_DEVICE_LOGICAL_IDS(
      "PJRT_LoadedExecutable_AddressableDeviceLogicalIds", 96),
  BUFFER_BITCAST("PJRT_Buffer_Bitcast", 98),
  ERROR_FOR_EACH_PAYLOAD("PJRT_Error_ForEachPayload", 99),
  TOPOLOGY_DESCRIPTION_FINGERPRINT(
      "PJRT_TopologyDescription_Fingerprint", 101, "p topology, l fingerprint"),
  EXECUTABLE_PARAMETER_MEMORY_KINDS(
      "PJRT_Executable_ParameterMemoryKinds",
      102,
      "p executable, l num_parameters, p memory_kinds, p memory_kind_sizes"),
  DEVICE_CLEAR_MEMORY_STATS("PJRT_Device_ClearMemoryStats", 106),
  TOPOLOGY_DESCRIPTION_MAKE_CANONICAL_SHAPE_FOR_MEMORY_SPACE(
      "PJRT_TopologyDescription_MakeCanonicalShapeForMemorySpace", 109),
  TOPOLOGY_DESCRIPTION_GET_MEMORY_SPACE_KIND_IDS(
      "PJRT_TopologyDescription_GetMemorySpaceKindIds", 110);

  /** Offset of the first function in the table, after the table's size, extensions and version. */
  public static final long FIRST = 40;

  /** The newest API whose structs are known here. */
  public static final int NEWEST_MINOR = 114;

  private final String symbol;
  private final int since;
  private final String fields;
  private final boolean called;

  PjrtFunction(String symbol, int since) {
    this.symbol = symbol;
    this.since = since;
    this.fields = "";
    this.called = false;
  }

  PjrtFunction(String symbol, int since, String fields) {
    this.symbol = symbol;
    this.since = since;
    this.fields = fields;
    this.called = true;
  }

  /** The name in the header. */
  public String symbol() {
    return symbol;
  }

  /** The minor version that added the function; 0 for functions older than 0.29. */
  public int since() {
    return since;
  }

  /** Offset of the function's pointer in the table, in bytes. */
  public long offset() {
    return FIRST + 8L * ordinal();
  }

  /** The offset of an argument's field, for callers that look it up once. */
  public long offsetOf(String field) {
    return arguments()
        .orElseThrow(() -> new IllegalArgumentException(symbol + ": no arguments"))
        .offset(field);
  }

  /** The struct of the function's arguments, if this binding calls the function. */
  public Optional<Struct> arguments() {
    return Optional.ofNullable(Arguments.STRUCTS[ordinal()]);
  }

  /** The structs, separate from the enum's constants, so that these are visibly immutable. */
  private static final class Arguments {
    static final @Nullable Struct[] STRUCTS = new Struct[values().length];

    static {
      for (PjrtFunction function : values()) {
        if (function.called) {
          STRUCTS[function.ordinal()] = Struct.of(function.symbol + "_Args", function.fields);
        }
      }
    }
  }
}
