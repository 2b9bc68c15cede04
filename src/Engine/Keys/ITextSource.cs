using System;

namespace Unkey.Engine.Keys;

/// <summary>The text of each item that <see cref="TextSort"/> sorts.</summary>
public interface ITextSource
{
    /// <summary>The text of an item; the same each time.</summary>
    /// <param name="item">The item.</param>
    public ReadOnlySpan<byte> this[int item] { get; }
}
