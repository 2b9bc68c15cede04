using System;
using System.Globalization;
using System.Threading;
using Unkey.Engine.Registries;
using Xunit;

namespace Unkey.Engine.Tests.Registries;

public sealed class RegistryTests
{
    [Fact]
    public void AnIndexStaysTheSameWhenItsEntryIsReplaced()
    {
        using var state = new EngineState();
        lock (state.WriterLock)
        {
            Workspace first = state.Workspaces.Upsert("ws_1", enabled: true);
            Workspace second = state.Workspaces.Upsert("ws_2", enabled: true);
            Workspace replaced = state.Workspaces.Upsert("ws_1", enabled: false);
            Assert.Equal((0, 1, 0), (first.Index, second.Index, replaced.Index));
            Assert.True(first.Enabled);
            Assert.Same(replaced, state.Workspaces.Find(0));
            Assert.Same(replaced, state.Workspaces.Find("ws_1"));
            Assert.Equal(2, state.Workspaces.Count);
            Assert.True(second.IdUtf8.SequenceEqual("ws_2"u8));
        }
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    [InlineData(int.MaxValue)]
    [InlineData(int.MinValue)]
    public void AnUnknownIndexIsNothing(int index)
    {
        using var state = new EngineState();
        lock (state.WriterLock)
        {
            state.Workspaces.Upsert("ws_1", enabled: true);
            Assert.Null(state.Workspaces.Find("ws_2"));
        }

        Assert.Null(state.Workspaces.Find(index));
    }

    [Fact]
    public void AnEmptyAllowListAdmitsEveryoneAndAnyOtherOnlyExactTexts()
    {
        using var state = new EngineState();
        lock (state.WriterLock)
        {
            Api open = state.Apis.Upsert(new ApiSpec { Id = "api_1", WorkspaceIndex = 0, KeyspaceId = "ks_1" });
            Assert.True(open.AllowsIp(""u8));
            Assert.True(open.AllowsIp("10.0.0.1"u8));
            Api closed = state.Apis.Upsert(new ApiSpec { Id = "api_2", WorkspaceIndex = 0, KeyspaceId = "ks_2", IpAllowList = ["10.0.0.1", "", "::1"] });
            Assert.Equal(2, closed.IpAllowCount);
            Assert.True(closed.AllowsIp("10.0.0.1"u8));
            Assert.True(closed.AllowsIp("::1"u8));
            Assert.False(closed.AllowsIp("10.0.0.10"u8));
            Assert.False(closed.AllowsIp("10.0.0."u8));
            Assert.False(closed.AllowsIp(""u8));
        }
    }

    /// <summary>Once the count covers an index, the entry must be there, whole, whichever array the reader holds.</summary>
    [Fact]
    public void AReaderSeesEveryEntryBelowTheCountWhileTheWriterGrowsAndReplaces()
    {
        using var state = new EngineState();
        string? wrong = null;
        using var stop = new CancellationTokenSource();
        var reader = new Thread(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                int count = state.Apis.Count;
                for (int i = 0; i < count; i++)
                {
                    Api? api = state.Apis.Find(i);
                    if (api is null || api.Index != i || api.Id != Id(i) || api.WorkspaceIndex != i)
                    {
                        wrong = $"entry {i} of {count}: {api?.Id}";
                        return;
                    }
                }
            }
        });
        reader.Start();
        for (int i = 0; i < 3_000; i++)
        {
            lock (state.WriterLock)
            {
                state.Apis.Upsert(Spec(i, deleted: false));
                state.Apis.Upsert(Spec(i / 2, deleted: true));
            }
        }

        stop.Cancel();
        reader.Join();
        Assert.Null(wrong);
        Assert.Equal(3_000, state.Apis.Count);
        Assert.True(state.Apis.Find(0)!.Deleted);
        Assert.False(state.Apis.Find(2_999)!.Deleted);
    }

    private static string Id(int index) => string.Create(CultureInfo.InvariantCulture, $"api_{index}");

    private static ApiSpec Spec(int index, bool deleted) =>
        new() { Id = Id(index), WorkspaceIndex = index, KeyspaceId = "ks", Deleted = deleted };
}
