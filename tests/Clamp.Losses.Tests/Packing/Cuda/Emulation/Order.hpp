// What the thread sanitizer is told about emulated threads: each is a fiber to it, which sees their order where `before` and `after` name
// the same event, and nowhere else. Without that sanitizer most of this is nothing.
#pragma once

#include <cstring>
#include <thread>

#if defined(__SANITIZE_THREAD__)

#include <sanitizer/tsan_interface.h>

extern "C"
{
void AnnotateIgnoreReadsBegin(const char* file, int line);
void AnnotateIgnoreReadsEnd(const char* file, int line);
void AnnotateIgnoreWritesBegin(const char* file, int line);
void AnnotateIgnoreWritesEnd(const char* file, int line);
}

// A block has a system thread, so that its shared memory is new to the sanitizer too.
#define __shared__ static thread_local

namespace order
{
// That sanitizer writes its report on the stack of the thread that it is about.
constexpr int MoreStack = 4;

inline void* new_fiber()
{
    return __tsan_create_fiber(0);
}

inline void* current_fiber()
{
    return __tsan_get_current_fiber();
}

inline void switch_to(void* fiber)
{
    __tsan_switch_to_fiber(fiber, __tsan_switch_to_fiber_no_sync);
}

inline void before(void* event)
{
    __tsan_release(event);
}

inline void after(void* event)
{
    __tsan_acquire(event);
}

// Runs a block. What the emulation itself reads and writes is not looked at; its threads are.
template <typename Block>
void run_unseen(void (*run)(Block), Block block)
{
    std::thread([=]
    {
        AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
        AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
        run(block);
        AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
        AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
    }).join();
}

inline void spoil_shared_memory()
{
}
}  // namespace order

#else

#define __shared__ static __attribute__((section("emulated_shared")))

// The linker's names for the ends of that section.
extern "C" char __start_emulated_shared[];
extern "C" char __stop_emulated_shared[];

namespace order
{
constexpr int MoreStack = 0;

inline void* new_fiber()
{
    return nullptr;
}

inline void* current_fiber()
{
    return nullptr;
}

inline void switch_to(void*)
{
}

inline void before(void*)
{
}

inline void after(void*)
{
}

template <typename Block>
void run_unseen(void (*run)(Block), Block block)
{
    run(block);
}

inline void spoil_shared_memory()
{
    std::memset(__start_emulated_shared, 0xff, __stop_emulated_shared - __start_emulated_shared);
}
}  // namespace order

#endif
