using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using Unkey.Engine.Keys;
using Xunit;

namespace Unkey.Engine.Tests.Keys;

public sealed class CreditChangesTests
{
    [Fact]
    public void ChangesAreListedInTheOrderOfTheirKeysAndTheMemoryIsUsedAgain()
    {
        using var state = new EngineState();
        CreditChanges changes = new();
        for (int round = 1; round <= 3; round++)
        {
            // More each time, so that what the round before has left behind is overwritten and added to.
            int keys = 40 * round;
            lock (state.WriterLock)
            {
                for (int key = 0; key < keys; key++)
                {
                    state.Keys.Upsert(new KeySpec { Digest = TestKeys.Digest(key), KeyId = Id(key), WorkspaceIndex = 0, Credits = 10 });
                    Assert.True(state.Keys.TryFind(TestKeys.Digest(key), out KeyRecord record));
                    Assert.True(record.Credits.TryTake(1, out _));
                }

                Assert.Equal(keys, state.Credits.Drain(changes));
            }

            List<string> listed = [];
            foreach (int place in changes.OrderByKeyId(static () => { }))
            {
                CreditChange change = changes.Items[place];
                string id = Encoding.UTF8.GetString(changes.KeyId(in change));
                listed.Add(id);
                int key = int.Parse(id.AsSpan(5), CultureInfo.InvariantCulture);
                Assert.Equal((TestKeys.Digest(key), (long)round - (key / 40)), (change.Digest, change.Spent));
            }

            Assert.Equal(Enumerable.Range(0, keys).Select(Id).Order(StringComparer.Ordinal), listed);
            changes.Clear();
            Assert.Equal(0, changes.OrderByKeyId(static () => { }).Length);
        }
    }

    private static string Id(int key) => $"key_{(char)('a' + (key % 7))}{key}";
}
