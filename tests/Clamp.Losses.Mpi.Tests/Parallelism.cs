// Waiting processes spin: two jobs at a time would only keep the cores from each other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
