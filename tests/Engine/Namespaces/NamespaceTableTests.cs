using System;
using System.Globalization;
using System.Text;
using System.Threading;
using Unkey.Engine.Limits;
using Unkey.Engine.Namespaces;
using Xunit;

namespace Unkey.Engine.Tests.Namespaces;

public sealed class NamespaceTableTests
{
    [Fact]
    public void ANamespaceIsFoundByNameAndByIdInItsWorkspaceOnly()
    {
        using var state = new EngineState();
        RatelimitNamespace emails = Put(state, 0, "rlns_1", "emails");
        RatelimitNamespace other = Put(state, 1, "rlns_2", "emails");
        Assert.Same(emails, state.Namespaces.Find(0, "emails"u8));
        Assert.Same(emails, state.Namespaces.Find(0, "rlns_1"u8));
        Assert.Same(other, state.Namespaces.Find(1, "emails"u8));
        Assert.Null(state.Namespaces.Find(1, "rlns_1"u8));
        Assert.Null(state.Namespaces.Find(2, "emails"u8));
        Assert.Null(state.Namespaces.Find(0, "Emails"u8));
        Assert.Null(state.Namespaces.Find(0, ""u8));
        Assert.Equal(2, state.Namespaces.Count);
    }

    [Fact]
    public void ANameIsPreferredToAnIdOfTheSameText()
    {
        using var state = new EngineState();
        RatelimitNamespace byId = Put(state, 0, "rlns_1", "first");
        Assert.Same(byId, state.Namespaces.Find(0, "rlns_1"u8));
        RatelimitNamespace byName = Put(state, 0, "rlns_2", "rlns_1");
        Assert.Same(byName, state.Namespaces.Find(0, "rlns_1"u8));
        Assert.Same(byId, state.Namespaces.Find(0, "first"u8));
    }

    [Fact]
    public void AChangeReplacesTheNamespaceUnderBothNames()
    {
        using var state = new EngineState();
        Put(state, 0, "rlns_1", "emails");
        RatelimitNamespace changed = Put(state, 0, "rlns_1", "emails", deleted: true, "a*");
        Assert.Same(changed, state.Namespaces.Find(0, "emails"u8));
        Assert.Same(changed, state.Namespaces.Find(0, "rlns_1"u8));
        Assert.True(state.Namespaces.Find(0, "emails"u8)!.Deleted);
        Assert.Equal(1, state.Namespaces.Count);
    }

    /// <summary>Growth and replacement may not hide an entry, and a reader never sees a mixture of two states.</summary>
    [Fact]
    public void ReadersSeeEveryPublishedNamespaceWholeWhileTheWriterGrowsAndReplaces()
    {
        using var state = new EngineState();
        const int Namespaces = 3_000;
        int published = 0;
        string? wrong = null;
        using var stop = new CancellationTokenSource();
        var readers = new Thread[2];
        for (int r = 0; r < readers.Length; r++)
        {
            int seed = r;
            readers[r] = new Thread(() =>
            {
                var random = new Random(seed);
                while (!stop.IsCancellationRequested)
                {
                    int count = Volatile.Read(ref published);
                    if (count == 0)
                    {
                        continue;
                    }

                    int i = random.Next(count);
                    byte[] text = Encoding.UTF8.GetBytes(random.Next(2) == 0 ? Id(i) : Name(i));
                    RatelimitNamespace? found = state.Namespaces.Find(i, text);
                    if (found is null || found.Id != Id(i) || found.Name != Name(i) || found.Overrides.Find("x"u8)?.Limit != found.Overrides.Count - 1)
                    {
                        wrong = $"{Encoding.UTF8.GetString(text)}: {found?.Id} {found?.Overrides.Count}";
                        return;
                    }
                }
            });
            readers[r].Start();
        }

        for (int i = 0; i < Namespaces && wrong is null; i++)
        {
            Put(state, i, Id(i), Name(i), deleted: false, "x");
            Volatile.Write(ref published, i + 1);
            Put(state, i / 2, Id(i / 2), Name(i / 2), deleted: true, "a", "x");
        }

        stop.Cancel();
        foreach (Thread reader in readers)
        {
            reader.Join();
        }

        Assert.Null(wrong);
        Assert.Equal(Namespaces, state.Namespaces.Count);
    }

    [Fact]
    public void FindingANamespaceAndItsOverrideAllocatesNothing()
    {
        using var state = new EngineState();
        Put(state, 0, "rlns_1", "emails", deleted: false, "user_1", "user_*@x", "a*b", "*", "long*middle*end");

        void Run(int calls)
        {
            for (int i = 0; i < calls; i++)
            {
                OverrideSet overrides = state.Namespaces.Find(0, "emails"u8)!.Overrides;
                if (overrides.Find("user_1"u8) is null || overrides.Find("user_2@x"u8) is null || overrides.Find("long middle end"u8) is null
                    || overrides.FindExact("nobody"u8) is not null || state.Namespaces.Find(0, "nobody"u8) is not null)
                {
                    throw new InvalidOperationException("The case does not exercise what it names.");
                }
            }
        }

        Run(1_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Run(10_000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static string Id(int i) => string.Create(CultureInfo.InvariantCulture, $"rlns_{i}");

    private static string Name(int i) => string.Create(CultureInfo.InvariantCulture, $"name {i}");

    private static RatelimitNamespace Put(
        EngineState state, int workspace, string id, string name, bool deleted = false, params string[] overrides)
    {
        var item = new RatelimitNamespace(workspace, id, name, deleted, LimitAlgorithm.TokenBucket, OverrideSetTests.Set(overrides));
        lock (state.WriterLock)
        {
            state.Namespaces.Put(item);
        }

        return item;
    }
}
