using System;

namespace Unkey.Engine.Limits;

/// <summary>
/// Puts the entries of a batch in the order of their slots' addresses without moving them: <c>takes[i].Order</c> becomes the index of the i-th.
/// Owned by the calling thread; no allocation, O(n log n), so that a request with very many limits stays cheap.
/// </summary>
internal static class BucketOrder
{
    /// <summary>Below this many entries insertion sort is quicker than the heap.</summary>
    private const int InsertionMax = 16;

    /// <summary>Sorts; equal addresses end up as neighbours in no particular order.</summary>
    [HotPath]
    internal static void Sort(Span<BucketTake> takes)
    {
        for (int i = 0; i < takes.Length; i++)
        {
            takes[i].Order = i;
        }

        if (takes.Length <= InsertionMax)
        {
            InsertionSort(takes);
        }
        else
        {
            HeapSort(takes);
        }
    }

    private static void InsertionSort(Span<BucketTake> takes)
    {
        for (int i = 1; i < takes.Length; i++)
        {
            int moving = takes[i].Order;
            nint address = takes[moving].Slot;
            int j = i;
            // BOUND: j falls to 0.
            while (j > 0 && takes[takes[j - 1].Order].Slot > address)
            {
                takes[j].Order = takes[j - 1].Order;
                j--;
            }

            takes[j].Order = moving;
        }
    }

    private static void HeapSort(Span<BucketTake> takes)
    {
        for (int root = (takes.Length / 2) - 1; root >= 0; root--)
        {
            SiftDown(takes, root, takes.Length);
        }

        for (int end = takes.Length - 1; end > 0; end--)
        {
            (takes[0].Order, takes[end].Order) = (takes[end].Order, takes[0].Order);
            SiftDown(takes, 0, end);
        }
    }

    private static void SiftDown(Span<BucketTake> takes, int root, int count)
    {
        int moving = takes[root].Order;
        nint address = takes[moving].Slot;

        // BOUND: the root's index doubles.
        while (true)
        {
            int child = (2 * root) + 1;
            if (child >= count)
            {
                break;
            }

            if (child + 1 < count && takes[takes[child + 1].Order].Slot > takes[takes[child].Order].Slot)
            {
                child++;
            }

            if (takes[takes[child].Order].Slot <= address)
            {
                break;
            }

            takes[root].Order = takes[child].Order;
            root = child;
        }

        takes[root].Order = moving;
    }
}
