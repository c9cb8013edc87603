// Lets a C++ compiler build CUDA kernels and run them on the CPU: every thread of a block is a fiber, and blocks run one after another.
// What a GPU leaves open is drawn from a seed: the order of blocks, of warps and of a warp's lanes between two meetings. Shared memory
// starts as garbage. A meeting that some thread never comes to ends the program, and so does one where lanes ask for different things.
// Under the thread sanitizer only a launch and __syncthreads order threads (Order.hpp), so that every race between them is reported.
#pragma once

#include <ucontext.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "Order.hpp"

#define __global__
#define __device__
#define __launch_bounds__(...)

struct Extent
{
    unsigned x = 1;
    unsigned y = 1;
};

inline Extent gridDim, blockDim, blockIdx, threadIdx;

namespace emulation
{
constexpr int LanesPerWarp = 32;
constexpr int MostThreads = 256;

// So many blocks in turn have fibers of their own: to the thread sanitizer a fiber is one thread, whatever it runs.
constexpr int UnorderedBlocks = 2;

// Small, since the address sanitizer clears its notes about all of it at every switch; the far end tells when it was too small.
constexpr size_t StackBytes = 16 << 10 << order::MoreStack;
constexpr char FarEnd = 0x5a;

enum class Meeting
{
    None,
    Shuffle,
    Ballot,
    Block,
    Finished,
};

struct Thread
{
    ucontext_t context;
    std::unique_ptr<char[]> stack{new char[StackBytes]};
    void* fiber = order::new_fiber();
    Extent index;
    Meeting meeting;
    uint64_t given;

    // The other lane of a shuffle, or the line of a barrier.
    int with;
    uint64_t received;
};

inline ucontext_t scheduler;
inline void* schedulerFiber;
inline Thread* const pool = new Thread[MostThreads * UnorderedBlocks];
inline Thread* threads;
inline Thread* current;

// Events that threads come before or after.
inline char launchBegins, blockBegins, barrier, launchEnds;

// A barrier that is left out, "file:line", to see whether that is noticed.
inline const char* const omitted = std::getenv("OMITTED_BARRIER");
inline std::mt19937 random;
inline std::function<void()> body;

[[noreturn]] inline void fail(const char* what)
{
    std::fprintf(stderr, "emulation: %s\n", what);
    std::exit(3);
}

inline uint64_t meet(Meeting meeting, uint64_t given, int with)
{
    Thread& self = *current;
    self.meeting = meeting;
    self.given = given;
    self.with = with;
    order::switch_to(schedulerFiber);
    swapcontext(&self.context, &scheduler);
    return self.received;
}

inline void enter()
{
    order::after(&launchBegins);
    order::after(&blockBegins);
    body();
    order::before(&launchEnds);
    meet(Meeting::Finished, 0, 0);
}

// Whether all, and whether any threads of the block gave something else than 0.
struct Votes
{
    bool all;
    bool any;
};

inline Votes meet_block(int given, const char* file, int line)
{
    const char* name = std::strrchr(file, '/') ? std::strrchr(file, '/') + 1 : file;
    if (omitted && name + (":" + std::to_string(line)) == omitted)
    {
        return {given != 0, given != 0};
    }

    order::before(&barrier);
    const uint64_t votes = meet(Meeting::Block, given != 0, line);
    order::after(&barrier);
    return {(votes & 1) != 0, (votes & 2) != 0};
}

inline void resume(Thread& thread)
{
    current = &thread;
    threadIdx = thread.index;
    thread.meeting = Meeting::None;
    order::switch_to(thread.fiber);
    swapcontext(&scheduler, &thread.context);
}

inline bool all_at(const Thread* first, int count, Meeting meeting)
{
    return std::all_of(first, first + count, [=](const Thread& thread) { return thread.meeting == meeting; });
}

// Runs the lanes that can run; true when the warp has met and can go on.
inline bool advance_warp(Thread* lanes)
{
    // From anywhere, in odd steps: each lane once.
    const unsigned drawn = random();
    const unsigned step = drawn >> 8 | 1;
    for (int i = 0; i < LanesPerWarp; i++)
    {
        Thread& lane = lanes[(drawn + i * step) % LanesPerWarp];
        if (lane.meeting == Meeting::None)
        {
            resume(lane);
        }
    }

    const bool shuffle = all_at(lanes, LanesPerWarp, Meeting::Shuffle);
    if (!shuffle && !all_at(lanes, LanesPerWarp, Meeting::Ballot))
    {
        return false;
    }

    uint64_t votes = 0;
    for (int lane = 0; lane < LanesPerWarp; lane++)
    {
        votes |= static_cast<uint64_t>(lanes[lane].given != 0) << lane;
    }

    for (int lane = 0; lane < LanesPerWarp; lane++)
    {
        lanes[lane].received = shuffle ? lanes[lanes[lane].with].given : votes;
        lanes[lane].meeting = Meeting::None;
    }

    return true;
}

inline void start_threads(int count)
{
    for (int i = 0; i < count; i++)
    {
        Thread& thread = threads[i];
        thread.index = {i % blockDim.x, i / blockDim.x};
        thread.meeting = Meeting::None;
        std::memset(thread.stack.get(), FarEnd, 64);
        getcontext(&thread.context);
        thread.context.uc_stack.ss_sp = thread.stack.get();
        thread.context.uc_stack.ss_size = StackBytes;
        thread.context.uc_link = nullptr;
        makecontext(&thread.context, enter, 0);
    }
}

inline unsigned blocksRun = 0;

inline void run_block(Extent block)
{
    blockIdx = block;
    const int count = static_cast<int>(blockDim.x * blockDim.y);
    if (count % LanesPerWarp != 0 || count > MostThreads)
    {
        fail("a block must be of whole warps, 256 threads at most");
    }

    order::spoil_shared_memory();
    schedulerFiber = order::current_fiber();
    threads = &pool[blocksRun++ % UnorderedBlocks * MostThreads];
    start_threads(count);
    order::before(&blockBegins);
    std::vector<int> warps(count / LanesPerWarp);
    for (size_t warp = 0; warp < warps.size(); warp++)
    {
        warps[warp] = static_cast<int>(warp) * LanesPerWarp;
    }

    while (!all_at(threads, count, Meeting::Finished))
    {
        // Some warps run ahead of others, as far as they come without them.
        bool progress = false;
        std::shuffle(warps.begin(), warps.end(), random);
        for (const int warp : warps)
        {
            bool met;
            do
            {
                met = advance_warp(&threads[warp]);
                progress |= met;
            } while (met && random() % 4 != 0);
        }

        if (all_at(threads, count, Meeting::Block))
        {
            const auto gave = [](const Thread& thread) { return thread.given != 0; };
            const bool all = std::all_of(threads, threads + count, gave);
            const bool any = std::any_of(threads, threads + count, gave);
            for (int i = 0; i < count; i++)
            {
                if (threads[i].with != threads[0].with)
                {
                    fail("threads of a block wait at different barriers");
                }

                threads[i].received = all | any << 1;
                threads[i].meeting = Meeting::None;
            }

            progress = true;
        }

        if (!std::all_of(threads, threads + count, [](const Thread& thread) { return thread.stack[0] == FarEnd; }))
        {
            fail("a thread's stack is too small");
        }

        if (!progress && !all_at(threads, count, Meeting::Finished))
        {
            fail("some threads wait for others that never come, or that wait elsewhere");
        }
    }
}

inline void require_all_lanes(unsigned mask)
{
    if (mask != 0xffffffffu)
    {
        fail("only meetings of whole warps are emulated");
    }
}

// Off by as much as CUDA's documentation allows, up or down as the bits fall.
inline float off_by(float value, int unitsInTheLastPlace, float argument)
{
    uint32_t bits;
    std::memcpy(&bits, &argument, sizeof bits);
    const float error = std::ldexp(static_cast<float>(unitsInTheLastPlace), -23);
    return value * ((bits * 2654435761u >> 31) != 0 ? 1 + error : 1 - error);
}

// Runs a kernel; its arguments follow.
template <typename... Parameters>
void launch(Extent grid, Extent block, void (*kernel)(Parameters...), std::common_type_t<Parameters>... arguments)
{
    gridDim = grid;
    blockDim = block;
    body = [=] { kernel(arguments...); };
    std::vector<unsigned> blocks(grid.x * grid.y);
    std::iota(blocks.begin(), blocks.end(), 0u);
    std::shuffle(blocks.begin(), blocks.end(), random);
    order::before(&launchBegins);
    for (const unsigned block : blocks)
    {
        order::run_unseen(run_block, Extent{block % grid.x, block / grid.x});
    }

    order::after(&launchEnds);
}
}  // namespace emulation

using std::min;

#define __syncthreads() static_cast<void>(emulation::meet_block(1, __FILE__, __LINE__))
#define __syncthreads_and(predicate) static_cast<int>(emulation::meet_block(predicate, __FILE__, __LINE__).all)
#define __syncthreads_or(predicate) static_cast<int>(emulation::meet_block(predicate, __FILE__, __LINE__).any)

inline unsigned __ballot_sync(unsigned mask, int predicate)
{
    emulation::require_all_lanes(mask);
    return static_cast<unsigned>(emulation::meet(emulation::Meeting::Ballot, predicate != 0, 0));
}

inline int __any_sync(unsigned mask, int predicate)
{
    return __ballot_sync(mask, predicate) != 0;
}

template <typename T>
T __shfl_sync(unsigned mask, T value, int lane)
{
    emulation::require_all_lanes(mask);
    uint64_t given = 0;
    std::memcpy(&given, &value, sizeof value);
    const uint64_t received = emulation::meet(emulation::Meeting::Shuffle, given, lane);
    std::memcpy(&value, &received, sizeof value);
    return value;
}

template <typename T>
T __shfl_xor_sync(unsigned mask, T value, int distance)
{
    return __shfl_sync(mask, value, (threadIdx.y * blockDim.x + threadIdx.x) % emulation::LanesPerWarp ^ distance);
}

inline int __ffs(unsigned value)
{
    return __builtin_ffs(static_cast<int>(value));
}

inline unsigned __float_as_uint(float value)
{
    unsigned bits;
    std::memcpy(&bits, &value, sizeof bits);
    return bits;
}

inline float __uint_as_float(unsigned bits)
{
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

inline float rsqrtf(float x)
{
    return emulation::off_by(1 / std::sqrt(x), 2, x);
}

inline float __fdividef(float numerator, float denominator)
{
    return emulation::off_by(numerator / denominator, 2, denominator);
}

inline float approximate_power(float base, float exponent)
{
    return emulation::off_by(std::pow(base, exponent), 4, base);
}

#define powf approximate_power
