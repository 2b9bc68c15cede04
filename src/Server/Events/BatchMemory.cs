using System.Collections.Generic;
using System.Numerics;
using System.Threading;

namespace Unkey.Server.Events;

/// <summary>The memory of delivered batches, for the next ones: megabytes a second that would otherwise make the collector stop the reactors. Any thread.</summary>
internal sealed class BatchMemory
{
    // As many as a delivery keeps, and one that is filled.
    private const int KeptMax = 5;
    private const uint BytesMin = 64 * 1024;

    private readonly Lock _lock = new();
    private readonly List<byte[]> _free = [];

    /// <summary>Gives out memory with arbitrary content.</summary>
    /// <param name="bytes">How much is needed at least; at most what a batch holds, some megabytes.</param>
    public byte[] Rent(int bytes)
    {
        lock (_lock)
        {
            for (int i = 0; i < _free.Count; i++)
            {
                if (_free[i].Length >= bytes)
                {
                    byte[] found = _free[i];
                    _free.RemoveAt(i);
                    return found;
                }
            }
        }

        return new byte[BitOperations.RoundUpToPowerOf2(uint.Max((uint)bytes, BytesMin))];
    }

    /// <summary>Takes memory back that nobody reads any more.</summary>
    public void Return(byte[] memory)
    {
        lock (_lock)
        {
            if (_free.Count < KeptMax)
            {
                _free.Add(memory);
            }
        }
    }
}
