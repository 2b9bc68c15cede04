namespace Unkey.Engine.Memory;

/// <summary>A structure whose records a <see cref="RecordHeap"/> can move: it knows every place that holds a record's address.</summary>
internal interface IRecordOwner
{
    /// <summary>Copies every live record to another heap and publishes the copy in place of the original. Under the writer lock.</summary>
    /// <param name="destination">Where the copies go; the originals stay readable until the caller retires their heap.</param>
    public void MoveRecords(NativeHeap destination);
}
