// A CUDA driver whose GPU is the emulation: a launch runs at once, on memory of the CPU.
#include "Emulation.hpp"

#include <chrono>
#include <cstdlib>
#include <utility>

#include "Pairs.cuh"

namespace statistics
{
#include "EmbeddingStatistics.cu"
}

namespace interactions
{
#include "PairInteractions.cu"
}

namespace forces
{
#include "CloseForces.cu"
}

namespace sums
{
#include "PairSums.cu"
}

namespace gradient
{
#include "EmbeddingGradient.cu"
}

namespace split
{
#include "Split.cu"
}

namespace product
{
#include "Product.cu"
}

namespace
{
using Runner = void (*)(Extent grid, Extent block, void** arguments);

template <typename... Parameters, size_t... Index>
void run(void (*kernel)(Parameters...), Extent grid, Extent block, void** arguments, std::index_sequence<Index...>)
{
    emulation::launch(grid, block, kernel, *static_cast<Parameters*>(arguments[Index])...);
}

template <typename... Parameters>
void run(void (*kernel)(Parameters...), Extent grid, Extent block, void** arguments)
{
    run(kernel, grid, block, arguments, std::index_sequence_for<Parameters...>());
}

template <auto Kernel>
void runner(Extent grid, Extent block, void** arguments)
{
    run(Kernel, grid, block, arguments);
}

struct Entry
{
    const char* name;
    Runner runner;
};

constexpr Entry Entries[] = {
    {"sum_embeddings", runner<statistics::sum_embeddings>},
    {"add_partial_sums", runner<statistics::add_partial_sums>},
    {"measure_images", runner<statistics::measure_images>},
    {"interact_pairs", runner<interactions::interact_pairs>},
    {"close_forces", runner<forces::close_forces>},
    {"add_pair_sums", runner<sums::add_pair_sums>},
    {"loss_of_energy", runner<sums::loss_of_energy>},
    {"project_gradient", runner<gradient::project_gradient>},
    {"centre_gradient", runner<gradient::centre_gradient>},
    {"split_matrix", runner<split::split_matrix>},
    {"multiply", runner<product::multiply>},
};
}  // namespace

extern "C"
{
int cuInit(unsigned) { return 0; }

int cuGetErrorName(int, const char** name) { return *name = "EMULATED_ERROR", 0; }

int cuGetErrorString(int, const char** text) { return *text = "the emulation has no such kernel", 0; }

int cuDeviceGet(int* device, int ordinal) { return *device = ordinal, 0; }

int cuDeviceGetAttribute(int* value, int attribute, int) { return *value = attribute == 75 ? 8 : attribute == 16 ? 2 : 0, 0; }

int cuDevicePrimaryCtxRetain(void**, int) { return 0; }

int cuDevicePrimaryCtxRelease_v2(int) { return 0; }

int cuCtxPushCurrent_v2(void*) { return 0; }

int cuCtxPopCurrent_v2(void**) { return 0; }

int cuCtxSynchronize() { return 0; }

int cuModuleLoadDataEx(void**, const void*, unsigned, int*, void**) { return 0; }

int cuModuleUnload(void*) { return 0; }

int cuModuleGetFunction(const Entry** function, void*, const char* name)
{
    *function = std::find_if(std::begin(Entries), std::end(Entries), [=](const Entry& entry) { return strcmp(entry.name, name) == 0; });
    return *function == std::end(Entries);
}

int cuLaunchKernel(
    const Entry* function, unsigned gridX, unsigned gridY, unsigned, unsigned blockX, unsigned blockY, unsigned, unsigned, void*,
    void** arguments, void**)
{
    function->runner({gridX, gridY}, {blockX, blockY}, arguments);
    return 0;
}

int cuDeviceGetName(char* name, int size, int) { return strncpy(name, "Emulated GPU", size), 0; }

int cuMemAlloc_v2(void** address, size_t bytes)
{
    // Aligned like the driver's own memory.
    *address = std::aligned_alloc(256, (bytes + 255) / 256 * 256);
    constexpr int outOfMemory = 2;
    return *address == nullptr ? outOfMemory : (std::memset(*address, 0xff, bytes), 0);
}

int cuMemFree_v2(void* address) { return std::free(address), 0; }

int cuMemsetD8_v2(void* address, unsigned char value, size_t bytes) { return std::memset(address, value, bytes), 0; }

int cuMemcpyHtoD_v2(void* target, const void* source, size_t bytes) { return std::memcpy(target, source, bytes), 0; }

int cuMemcpyDtoH_v2(void* target, const void* source, size_t bytes) { return std::memcpy(target, source, bytes), 0; }

int cuMemcpyDtoDAsync_v2(void* target, const void* source, size_t bytes, void*) { return std::memcpy(target, source, bytes), 0; }

using Moment = std::chrono::steady_clock::time_point;

int cuEventCreate(Moment** event, unsigned) { return *event = new Moment(), 0; }

int cuEventDestroy_v2(Moment* event) { return delete event, 0; }

int cuEventRecord(Moment* event, void*) { return *event = std::chrono::steady_clock::now(), 0; }

int cuEventSynchronize(Moment*) { return 0; }

int cuEventElapsedTime(float* milliseconds, const Moment* start, const Moment* end)
{
    return *milliseconds = std::chrono::duration<float, std::milli>(*end - *start).count(), 0;
}
}
