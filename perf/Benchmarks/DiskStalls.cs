using System;
using System.Diagnostics;
using System.IO;
using System.IO.MemoryMappedFiles;
using System.Threading;
using HdrHistogram;
using Unkey.Engine.Events;

namespace Unkey.Perf;

/// <summary>How long publishing an event takes at worst while the disk under the ring is saturated.</summary>
/// <remarks>
/// A store into a page that the kernel is writing out can wait for the disk. So the same events go in turn into a ring in a file of the directory and into one in memory
/// that no file backs; what the second shows is the machine (other processes, interrupts), and only the difference is the disk's.
/// </remarks>
internal static class DiskStalls
{
    private const long Capacity = 8 << 20;
    private const int PaceSpins = 200;

    private static readonly double s_nsPerTick = 1e9 / Stopwatch.Frequency;

    internal static int Run(TextWriter output, TimeSpan duration, string directory)
    {
        output.WriteLine($"ns of wall time per event, {PaceSpins} spins apart; rings of {Capacity >> 20} MiB, one in a file of {directory}, one in memory without a file");
        foreach (bool isBusy in (bool[])[false, true, false, true])
        {
            Measure(output, duration, directory, isBusy);
        }

        return 0;
    }

    private static void Measure(TextWriter output, TimeSpan duration, string directory, bool isBusy)
    {
        string path = Path.Combine(directory, "ring.stalls");
        using Ring file = new(MemoryMappedFile.CreateFromFile(path, FileMode.Create, null, EventRing.MemoryBytes(Capacity)));
        using Ring memory = new(MemoryMappedFile.CreateNew(null, EventRing.MemoryBytes(Capacity)));
        using CancellationTokenSource stop = new();
        Thread[] writers = isBusy ? [Start(() => WriteBig(directory, stop.Token)), Start(() => WriteSmall(directory, stop.Token))] : [];
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < duration)
        {
            file.PublishOne();
            memory.PublishOne();
            Thread.SpinWait(PaceSpins);
        }

        stop.Cancel();
        foreach (Thread writer in writers)
        {
            writer.Join();
        }

        string disk = isBusy ? "saturated disk" : "quiet disk";
        file.Report(output, $"{disk}, file");
        memory.Report(output, $"{disk}, memory");
        File.Delete(path);
    }

    private static Thread Start(ThreadStart body)
    {
        Thread thread = new(body) { IsBackground = true };
        thread.Start();
        return thread;
    }

    private static void WriteBig(string directory, CancellationToken stop)
    {
        string path = Path.Combine(directory, "big.stalls");
        byte[] block = new byte[1 << 20];
        using FileStream stream = new(path, FileMode.Create, FileAccess.Write, FileShare.None, 0, FileOptions.DeleteOnClose);
        while (!stop.IsCancellationRequested)
        {
            stream.Position = 0;
            for (int i = 0; i < 1_500 && !stop.IsCancellationRequested; i++)
            {
                stream.Write(block);
            }

            stream.Flush(flushToDisk: true);
        }
    }

    private static void WriteSmall(string directory, CancellationToken stop)
    {
        string path = Path.Combine(directory, "small.stalls");
        byte[] block = new byte[4096];
        using FileStream stream = new(path, FileMode.Create, FileAccess.Write, FileShare.None, 0, FileOptions.DeleteOnClose);
        while (!stop.IsCancellationRequested)
        {
            stream.Position = 0;
            stream.Write(block);
            stream.Flush(flushToDisk: true);
        }
    }

    private sealed class Ring : IDisposable
    {
        private readonly LongHistogram _histogram = new(60_000_000_000, 3);
        private readonly MemoryMappedFile _file;
        private readonly MemoryMappedViewAccessor _view;
        private readonly EventRing _ring;

        internal Ring(MemoryMappedFile file)
        {
            _file = file;
            _view = file.CreateViewAccessor();
            _ring = EventRing.Create(_view.SafeMemoryMappedViewHandle, Capacity);
        }

        public void Dispose()
        {
            _ring.Dispose();
            _view.Dispose();
            _file.Dispose();
        }

        internal void PublishOne()
        {
            long start = Stopwatch.GetTimestamp();
            Validate.That(EventBenchmarks.Publish(_ring));
            _histogram.RecordValue(Math.Max(1, (long)((Stopwatch.GetTimestamp() - start) * s_nsPerTick)));
        }

        internal void Report(TextWriter output, string name) => output.WriteLine(
            $"{name,-24} p50 {At(50)}  p99 {At(99)}  p99.9 {At(99.9)}  p99.99 {At(99.99)}  p99.999 {At(99.999)}  max {_histogram.GetMaxValue():#,0}  ({_histogram.TotalCount:#,0} events)");

        private string At(double percentile) => _histogram.GetValueAtPercentile(percentile).ToString("#,0");
    }
}
